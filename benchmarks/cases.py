"""The cases that `speed.py` and `limits.py` time, and sequences to learn from for each.

All compute in float32, with tanh, a softmax over ten classes, Adam and norm clipping.
"""

from dataclasses import dataclass

import numpy as np

N_CLASSES = 10
N_BATCHES = 20
RATE = 1e-3
CLIP_THRESHOLD = 1.0


@dataclass(frozen=True)
class Case:
    """The shape of a network and of its data.

    Attributes
    ----------
    n_steps : int
        Steps of every sequence; of the longest one where they are ragged.
    batch_size, n_features, hidden_size, n_layers : int
    bidirectional : bool
    shortest : int or None
        Where set, lengths are uniform from it to `n_steps`, and every step has a
        label; else a sequence has one, told from its last state.
    n_epochs : int
        How many a timed fit takes: more where they are short.
    """

    n_steps: int
    batch_size: int
    n_features: int
    hidden_size: int
    n_layers: int = 1
    bidirectional: bool = False
    shortest: int | None = None
    n_epochs: int = 1

    @property
    def is_ragged(self):
        return self.shortest is not None

    @property
    def n_directions(self):
        return 2 if self.bidirectional else 1

    @property
    def width(self):
        """Number of states that the next layer, or the head, reads."""
        return self.n_directions * self.hidden_size

    def layer_inputs(self):
        """Number of inputs of each layer."""
        return [self.n_features] + [self.width] * (self.n_layers - 1)

    def __str__(self):
        lengths = f"{self.shortest}..{self.n_steps}" if self.is_ragged else self.n_steps
        sizes = f"{lengths}, {self.batch_size}, {self.n_features}, {self.hidden_size}"
        if self.n_layers > 1:
            sizes += f", {self.n_layers} layers"
        if self.bidirectional:
            sizes += ", both ways"
        return sizes

    def lengths(self, rng):
        """Draw the length of each sequence, enough of them for whole batches."""
        n = N_BATCHES * self.batch_size
        return rng.integers(self.shortest or self.n_steps, self.n_steps + 1, n)

    def draw(self, seed=0):
        """Draw sequences whose steps are noise around the centre of their class.

        Returns
        -------
        X : list of ndarray of shape (n_steps, n_features)
        y : list of ndarray of shape (n_steps,), or ndarray of shape (n_sequences,)
        """
        rng = np.random.default_rng(seed)
        centres = rng.standard_normal((N_CLASSES, self.n_features), np.float32)
        lengths = self.lengths(rng)
        n_labels = lengths if self.is_ragged else [1] * len(lengths)
        y = [rng.integers(0, N_CLASSES, n) for n in n_labels]
        X = []
        for n_steps, labels in zip(lengths, y):
            noise = rng.standard_normal((n_steps, self.n_features), np.float32)
            X.append((noise + centres[labels]) / 2)
        return X, y if self.is_ragged else np.concatenate(y)


CASES = {
    "tiny": Case(20, 32, 8, 32, n_epochs=20),
    "small": Case(50, 32, 16, 64, n_epochs=10),
    "medium": Case(50, 64, 32, 128, n_epochs=5),
    "long": Case(100, 32, 32, 128, n_epochs=5),
    "rows": Case(28, 128, 28, 128, n_epochs=5),
    "large": Case(100, 128, 64, 256, n_epochs=2),
    "largest": Case(200, 64, 64, 512),
    "ragged": Case(100, 64, 32, 128, shortest=5, n_epochs=5),
    "deep": Case(100, 64, 32, 128, 2, bidirectional=True, shortest=5, n_epochs=2),
}
