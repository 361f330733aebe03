"""Small ragged sequences, targets for every task on them, and small estimators."""

from dataclasses import dataclass

import numpy as np

from skrnn import RNNClassifier, RNNRegressor, RNNTagger

LENGTHS = (3, 7, 1, 5, 7, 2, 4, 6, 5, 3, 8, 2)


def ragged(lengths=LENGTHS, n_features=2, seed=0, dtype=np.float64):
    """Sequences of normal numbers."""
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(n, n_features)).astype(dtype) for n in lengths]


def tokens(lengths=LENGTHS, n_tokens=6, seed=0):
    """Sequences of token ids from 1 on."""
    rng = np.random.default_rng(seed)
    return [rng.integers(1, n_tokens, size=n) for n in lengths]


def object_array(items):
    """1-D object array, whatever the shapes of the items."""
    out = np.empty(len(items), dtype=object)
    out[:] = items
    return out


def pad(X, n_steps=None, value=np.nan):
    """One array of (n_sequences, n_steps, ...), the sequences filled up at the end."""
    n_steps = n_steps or max(len(x) for x in X)
    out = np.full((len(X), n_steps, *np.shape(X[0])[1:]), value)
    for row, x in zip(out, X):
        row[: len(x)] = x
    return out


def running_sum(x):
    """Running sum of each step's first feature, of tokens from the middle one."""
    first = np.asarray(x).reshape(len(x), -1)[:, 0]
    return (first - 3 * (first.dtype.kind in "iu")).cumsum()


@dataclass(frozen=True)
class Task:
    """An estimator and the targets that it takes."""

    name: str
    face: type
    by_step: bool
    fixed: dict

    def make(self, **params):
        """A small estimator that trains for a few epochs without complaint."""
        defaults = {
            "hidden_size": 4,
            "max_iter": 4,
            "n_iter_no_change": np.inf,
            "random_state": 0,
        }
        return self.face(**{**defaults, **self.fixed, **params})

    def targets(self, X):
        """What there is to learn of `X`: the sign of the sum, or the sum itself."""
        if self.face is RNNRegressor:
            by_step = [running_sum(x) / 4 for x in X]
        else:
            by_step = [np.where(running_sum(x) > 0, "up", "down") for x in X]
        return by_step if self.by_step else np.array([y[-1] for y in by_step])

    def __repr__(self):
        return self.name


TASKS = [
    Task("classifier", RNNClassifier, False, {}),
    Task("tagger", RNNTagger, True, {}),
    Task("regressor", RNNRegressor, False, {}),
    Task("regressor-per-step", RNNRegressor, True, {"per_step": True}),
]


def parameters(model):
    """All that was learned, as one vector."""
    by_layer = [model.coefs_, model.recurrent_coefs_, model.intercepts_]
    parts = [array for letter in by_layer for layer in letter for array in layer]
    parts += [model.output_coef_, model.output_intercept_]
    if model.embedding_size is not None:
        parts.append(model.embedding_)
    return np.concatenate([part.ravel() for part in parts])


def flat_outputs(model, X):
    """The most telling prediction for `X`, all rows below one another."""
    predict = getattr(model, "predict_proba", model.predict)
    outputs = predict(X)
    return np.concatenate(list(outputs)) if outputs.dtype == object else outputs
