"""Networks with something to learn, and the check of their gradients."""

from dataclasses import dataclass, replace

import numpy as np

from skrnn._core.network import Architecture, Network
from skrnn._core.packing import PackedBatch, Sequences
from skrnn._training.batches import Dataset, by_falling_length
from skrnn._training.pieces import gradients

from . import reference

LENGTHS = (3, 6, 1, 5, 3)
N_TOKENS = 5


def architecture(**changes):
    """A small network."""
    net = Architecture(n_features=2, n_outputs=3, head="softmax", hidden_size=3)
    return replace(net, **changes)


def stored(lengths, rng, n_columns=2):
    """Random sequences, with rows of padding between them that are not to be read."""
    lengths = np.array(lengths)
    starts = np.concatenate(([1], 1 + np.cumsum(lengths[:-1] + 2)))
    rows = np.full((starts[-1] + lengths[-1] + 1, n_columns), np.nan)
    X = Sequences(rows, starts, lengths)
    for span in X.spans():
        rows[span] = rng.normal(size=rows[span].shape)
    return X


@dataclass
class Problem:
    """A network at some point of its training, and data to go on with.

    Attributes
    ----------
    net : Architecture
    theta : ndarray
    data : Dataset
    """

    net: Architecture
    theta: np.ndarray
    data: Dataset

    @classmethod
    def draw(
        cls,
        net,
        lengths=LENGTHS,
        *,
        seed=0,
        weighted=False,
        dtype=np.float64,
        scale=0.5,
    ):
        """Draw everything at random."""
        rng = np.random.default_rng(seed)
        layout = net.layout()
        theta = rng.normal(scale=scale, size=layout.size)
        # Above zero, so that few rectified units are dead.
        theta[: layout.n_biases] = rng.uniform(0.1, 0.6, layout.n_biases)
        X = stored(lengths, rng, net.n_features)
        if net.n_tokens is None:
            X.rows = X.rows.astype(dtype)
        else:
            X.rows = rng.integers(0, net.n_tokens, X.rows.shape)
        n = len(X.rows) if net.reads_steps else len(X)
        y = {
            "softmax": rng.integers(0, net.n_outputs, n),
            "logistic": rng.integers(0, 2, (n, net.n_outputs)).astype(np.uint8),
            "identity": rng.normal(size=(n, net.n_outputs)).astype(dtype),
        }[net.head]
        weights = rng.uniform(0.2, 2, len(X)) if weighted else None
        return cls(net, theta.astype(dtype), Dataset(X, y, net.reads_steps, weights))

    @property
    def members(self):
        """All sequences, by falling length."""
        return by_falling_length(self.data.X.lengths, np.arange(len(self.data.X)))

    def network(self):
        return Network(self.net, self.theta.copy())

    def targets(self):
        """Targets and weights of each sequence, a row for each row of its outputs."""
        data = self.data
        Y, weights = [], []
        for i, span in enumerate(data.X.spans()):
            Y.append(data.y[span] if data.by_step else data.y[[i]])
            weight = 1.0 if data.weights is None else data.weights[i]
            weights.append(np.full(len(Y[-1]), weight))
            if data.class_weight is not None:
                weights[-1] *= data.class_weight[Y[-1].ravel()]
        return Y, weights

    def sequences(self, rows=None):
        """Each sequence as a list of rows, as the naive twin reads it."""
        rows = self.data.X.rows if rows is None else rows
        return [
            [rows[..., [t], :] for t in range(span.start, span.stop)]
            for span in self.data.X.spans()
        ]

    def carried(self):
        """The states that count as constants where the network truncates."""
        p = parts(self.net, self.theta)
        X = [reference.embedded(p, x, self.net) for x in self.sequences()]
        everything = [reference.states(p, x, self.net, {}) for x in X]
        return [
            {
                (k, d, t): (own[::-1] if d else own)[t - 1]
                for k, layer in enumerate(layers)
                for d, own in enumerate(layer)
                for t in cuts(self.net, len(own))
            }
            for layers in everything
        ]

    def twin_loss(self, theta=None, rows=None, carried=None):
        """Loss as the naive twin has it; of a stack of variants, of each."""
        theta = self.theta if theta is None else theta
        Y, weights = self.targets()
        return reference.loss(
            parts(self.net, theta),
            self.sequences(rows),
            Y,
            weights,
            self.net,
            carried or [{} for _ in Y],
        )

    def true_gradient(self):
        """Central differences of the twin's loss, by parameters and by inputs.

        Where the network truncates, the states that it may not see behind are held
        where they are, so that these are differences of the truncated loss.
        """
        carried = self.carried()
        if self.net.n_tokens is not None:
            return central_differences(
                lambda theta: self.twin_loss(theta, carried=carried), self.theta
            ), None
        rows, size = self.data.X.rows, self.theta.size
        # The padding is NaN and moves nothing.
        is_input = np.isfinite(rows)

        def loss(variants):
            moved = np.full((*variants.shape[:-1], *rows.shape), np.nan)
            moved[..., is_input] = variants[..., size:]
            return self.twin_loss(variants[..., :size], moved, carried)

        both = central_differences(loss, np.concatenate([self.theta, rows[is_input]]))
        dX = np.full(rows.shape, np.nan)
        dX[is_input] = both[size:]
        return both[:size], dX

    def worked_through(self, **options):
        """Loss and gradients as the training loop takes them, summed over pieces.

        Returns
        -------
        loss : float
        grad : ndarray
        dX : ndarray of the shape of the rows, NaN at the padding
        """
        network = Tracing(self)
        loss, grad = 0.0, np.zeros_like(self.theta)
        total = self.data.total_weight()
        for piece_loss, _ in gradients(
            network, self.data, self.members, total=total, **options
        ):
            loss += piece_loss
            network.add_gradient(grad)
        return loss, grad, network.dX


class Tracing(Network):
    """A network that also keeps the gradient of its inputs, in the data's order."""

    def __init__(self, problem):
        super().__init__(problem.net, problem.theta.copy())
        rows = problem.data.X.rows
        shape = rows.shape[0], len(self.p["U", 0, 0])
        self.dX = np.full(shape, np.nan, self.theta.dtype)
        for span in problem.data.X.spans():
            self.dX[span] = 0

    def loss_and_gradient(self, x, batch, *rest, **named):
        if self.architecture.n_tokens is not None:
            return super().loss_and_gradient(x, batch, *rest, **named)
        dx = np.full((batch.n_rows, self.dX.shape[1]), np.nan, self.theta.dtype)
        loss = super().loss_and_gradient(x, batch, *rest, dx=dx, **named)
        self.dX[batch.source] = dx
        return loss


def cuts(net, n_steps):
    """The steps of a sequence at which the state counts as given."""
    k = net.truncation_length
    if k is None:
        return []
    if net.pooling == "last" and not net.bidirectional:
        return [n_steps - k] if n_steps > k else []
    return range(k, n_steps, k)


def parts(net, theta):
    """Parameters by name, of one vector or of a stack; vectors as one row."""
    views = net.layout().views(theta)
    return {
        name: view if len(net.layout().shapes[name]) == 2 else view[..., None, :]
        for name, view in views.items()
    }


def central_differences(loss, v, step=1e-5):
    """Gradient of `loss` at the vector `v`; it takes a stack of vectors at once."""
    moves = step * np.eye(v.size)
    return (loss(v + moves) - loss(v - moves)) / (2 * step)


def assert_gradient(found, expected, tolerance=1e-6):
    """Two vectors agree, and are not zero."""
    norm = np.linalg.norm(expected)
    assert norm > 1e-4
    assert np.linalg.norm(found - expected) <= tolerance * norm


def assert_no_part_is_zero(net, grad):
    """Every named parameter takes part in the gradient."""
    for name, part in net.layout().views(grad).items():
        assert np.linalg.norm(part) > 1e-6, name


def packed(problem):
    """A problem's data as one piece: the `PackedBatch`, and what the loss needs."""
    X = problem.data.X.subset(problem.members)
    piece = PackedBatch(X.starts, X.lengths)
    workspace = problem.network().workspace
    return piece, problem.data.gather(problem.members, piece, workspace)
