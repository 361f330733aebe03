"""Layers, head and loss on one parameter vector."""

from dataclasses import dataclass

import numpy as np

from .activations import ACTIVATIONS
from .cells import ElmanCell
from .heads import HEADS
from .initializers import glorot_uniform, unit_normal
from .packing import PackedBatch, segments
from .parameters import ParameterLayout, Rows
from .pooling import POOLINGS
from .products import Picker, dot, is_picking, transposed_dot
from .recurrence import Recurrence
from .workspace import Workspace

# Steps of all sequences together that are worked through at once where only the
# states are wanted.
N_ROWS_FORWARD = 32_768


@dataclass(frozen=True)
class Architecture:
    """Everything that fixes a network but its parameters.

    Attributes
    ----------
    n_features : int
        Columns of the input: numbers a step, or token ids a step.
    n_outputs : int
        Columns of V.
    head : {"softmax", "logistic", "identity"}
    hidden_size, n_layers : int
    bidirectional : bool
    activation : {"tanh", "logistic", "relu", "identity"}
    pooling : {"last", "mean", "max"} or None
        How the head reads a sequence; None for a head that reads every step.
    n_tokens : int or None
        Number of token ids; None where the input is numbers, dense or sparse.
    embedding_size : int or None
        None where tokens, or numbers, meet the first layer's U directly.
    truncation_length : int or None
    dropout : float
        Share of the states that is dropped between layers and before the head.
    token_dropout : float
        Share of the token ids that is replaced by 0, the unknown token.
    """

    n_features: int
    n_outputs: int
    head: str
    hidden_size: int
    n_layers: int = 1
    bidirectional: bool = False
    activation: str = "tanh"
    pooling: str | None = "last"
    n_tokens: int | None = None
    embedding_size: int | None = None
    truncation_length: int | None = None
    dropout: float = 0.0
    token_dropout: float = 0.0

    @property
    def n_directions(self):
        return 2 if self.bidirectional else 1

    @property
    def reads_steps(self):
        """Whether the head reads every step."""
        return self.pooling is None

    @property
    def can_walk(self):
        """Whether outputs need no more of a sequence than its steps so far.

        Such a network works through long sequences piece by piece, its states
        carried over: every output that it owes can be told on the way or at the end.
        """
        return not self.bidirectional and self.pooling in (None, "last")

    def layout(self):
        """Name and shape all parameters."""
        cell = ElmanCell(ACTIVATIONS[self.activation])
        width = self.n_directions * self.hidden_size
        n_rows = self.n_features if self.n_tokens is None else self.n_tokens
        biases, weights, table = {}, {}, {}
        in_table = ("U", 0)
        if self.embedding_size is not None:
            in_table = "E"
            table["E"] = (n_rows, self.embedding_size)
        for layer in range(self.n_layers):
            n_inputs = width if layer else self.embedding_size or n_rows
            for direction in range(self.n_directions):
                for letter, shape in cell.weight_shapes(
                    n_inputs, self.hidden_size
                ).items():
                    place = table if (letter, layer) == in_table else weights
                    place[letter, layer, direction] = shape
                for letter, shape in cell.bias_shapes(self.hidden_size).items():
                    biases[letter, layer, direction] = shape
        weights["V"] = (width, self.n_outputs)
        biases["c"] = (self.n_outputs,)
        return ParameterLayout(biases, weights, table)


class Network:
    """A recurrent network: its loss, its gradient, its outputs.

    Parameters
    ----------
    architecture : Architecture
    theta : ndarray of shape (layout.size,)
        All parameters. Kept, not copied: networks over the same vector share it.

    Attributes
    ----------
    grad : ndarray
        Gradient of the last `loss_and_gradient`: a vector like `theta`, but shortened
        to the rows of the table that the batch touched.
    rows : Rows or None
        Which those are; None for all.
    p, g : dict of name to ndarray
        Views into `theta` and `grad`, those of the table of the touched rows alone.
    """

    def __init__(self, architecture, theta):
        self.architecture = architecture
        self.layout = architecture.layout()
        self.theta = theta
        self.workspace = Workspace(theta.dtype)
        self._whole_grad = np.zeros_like(theta)
        self._whole_p = self.layout.views(theta)
        self._picker = Picker(self.layout.table(theta).shape[0], theta.dtype)
        self.p = dict(self._whole_p)
        self.g = {}
        self.read_whole_table()
        self.cell = ElmanCell(ACTIVATIONS[architecture.activation])
        self.layers = [
            [
                Recurrence(
                    self.cell, self.p, self.g, self.workspace, (k, d), reverse=d == 1
                )
                for d in range(architecture.n_directions)
            ]
            for k in range(architecture.n_layers)
        ]
        self.head = HEADS[architecture.head](self.p, self.g, self.workspace)

    @classmethod
    def from_seed(
        cls,
        architecture,
        dtype,
        rng,
        recurrent_init="orthogonal",
        spectral_radius=1.0,
    ):
        """Create a network with initial values drawn from `rng`.

        The last two say how W is drawn: one of `initializers.RECURRENT`, and its
        spectral radius.
        """
        network = cls(architecture, np.empty(architecture.layout().size, dtype))
        if architecture.embedding_size is not None:
            unit_normal(rng, network.p["E"])
        for layer in network.layers:
            for recurrence in layer:
                recurrence.initialize(rng, recurrent_init, spectral_radius)
        glorot_uniform(rng, network.p["V"])
        network.p["c"].fill(0)
        return network

    # -- the table's rows ----------------------------------------------------------

    def read_whole_table(self):
        """Let `grad` have the full length again."""
        self.rows = None
        self.grad = self._whole_grad
        self.p.update(self._whole_p)
        self.g.update(self.layout.views(self.grad))

    def _pick(self, x):
        """Shorten the table to what `x` names; return `x` in its terms."""
        numbers, x = self._picker.pick(x)
        layout = self.layout
        shape = (len(numbers), layout.table_width)
        picked = self.workspace.array("picked", shape)
        layout.table(self.theta).take(numbers, axis=0, out=picked, mode="clip")
        self.p.update(layout.table_views(picked))
        self.rows = Rows(numbers, layout.n_dense, layout.table_width)
        self.grad = self._whole_grad[: layout.n_dense + picked.size]
        self.g.update(layout.table_views(layout.table(self.grad)))
        return x

    def add_gradient(self, total):
        """Add the gradient to `total`, a vector like `theta`."""
        if self.rows is None:
            total += self.grad
        else:
            self.rows.add(total, self.grad)

    # -- the order of work ---------------------------------------------------------

    def zero_state(self, n_sequences):
        """State of all layers before the first step, (n_layers, n, hidden_size)."""
        shape = (self.architecture.n_layers, n_sequences, self.architecture.hidden_size)
        return np.zeros(shape, dtype=self.theta.dtype)

    def plan(self, starts, lengths, truncation_length):
        """Cut a batch into the pieces in which it is worked through.

        A network that tells its outputs on the way walks in segments of
        `truncation_length` steps. One that reads the last state passes over all
        but the last `truncation_length` steps of each sequence first. All others,
        and all without a truncation length, take their sequences whole.

        Parameters
        ----------
        starts, lengths : ndarray of shape (n_sequences,)
            As in `PackedBatch`.
        truncation_length : int or None

        Yields
        ------
        piece : PackedBatch
        is_read : bool
            Whether the head reads this piece; else it only moves the state on.
        """
        if truncation_length is None or not self.architecture.can_walk:
            yield PackedBatch(starts, lengths), True
        elif self.architecture.reads_steps:
            for piece in segments(starts, lengths, truncation_length):
                yield piece, True
        else:
            tail = np.minimum(lengths, truncation_length)
            stride = max(truncation_length, N_ROWS_FORWARD // len(lengths))
            for piece in segments(starts, lengths - tail, stride):
                yield piece, False
            yield PackedBatch(starts + lengths - tail, tail), True

    # -- forward -------------------------------------------------------------------

    def states(self, x, batch, state=None, rng=None):
        """Compute the top layer's states at all steps.

        Parameters
        ----------
        x : ndarray of shape (n_rows, n_features)
            Inputs, or token ids, in packed order.
        batch : PackedBatch
        state : ndarray of shape (n_layers, n_sequences or more, hidden_size)
            The states to start from, moved on in place. None: start from zero.
        rng : numpy.random.Generator, default=None
            Draws what dropout drops. None: nothing is dropped.

        Returns
        -------
        Y : ndarray of shape (n_rows, n_directions * hidden_size)
            In a buffer: it holds until the next call.
        """
        n = len(batch)
        x = self._drop_tokens(x, rng)
        if is_picking(x):
            x = self._pick(x)
        elif self.rows is not None:
            self.read_whole_table()
        self._x = x
        x = self._embed(x)
        self._inputs = []
        for k, layer in enumerate(self.layers):
            if k:
                x = self._drop(x, ("dropout", k), rng)
            self._inputs.append(x)
            initial = None if state is None else state[k, :n]
            x = self._side_by_side(
                [recurrence.forward(x, batch, initial) for recurrence in layer],
                ("both directions", k),
            )
            if state is not None:
                state[k, :n] = layer[0].final_states()
        return x

    def _embed(self, x):
        """x E, where there is an embedding: tokens become vectors (16)."""
        if self.architecture.embedding_size is None:
            return x
        shape = (x.shape[0], self.architecture.embedding_size)
        embedded = self.workspace.array("embedded", shape)
        dot(x, self.p["E"], out=embedded)
        return embedded

    def _drop_tokens(self, x, rng):
        share = self.architecture.token_dropout
        if not share or rng is None:
            return x
        return np.where(rng.random(x.shape, dtype=np.float32) < share, 0, x)

    def _side_by_side(self, directions, name):
        """The columns of one direction, or of both in a buffer."""
        if len(directions) == 1:
            return directions[0]
        n_rows, width = directions[0].shape
        out = self.workspace.array(name, (n_rows, 2 * width))
        return np.concatenate(directions, axis=1, out=out)

    def _drop(self, x, name, rng):
        """Inverted dropout (30), Srivastava et al. 2014: `x` stays right on average."""
        if not self.architecture.dropout or rng is None:
            return x
        keep = 1 - self.architecture.dropout
        mask = self.workspace.array((name, "mask"), x.shape)
        rng.random(dtype=mask.dtype, out=mask)
        np.less(mask, keep, out=mask, casting="unsafe")
        mask /= keep
        return np.multiply(x, mask, out=self.workspace.array(name, x.shape))

    def _drop_back(self, dx, name, rng):
        if self.architecture.dropout and rng is not None:
            dx *= self.workspace.array((name, "mask"), dx.shape)

    def _read(self, Y, batch):
        """What the head reads: a row per step or per sequence."""
        if self.architecture.reads_steps:
            return Y
        z = self.workspace.array("pooled", (len(batch), Y.shape[1]))
        pooling = POOLINGS[self.architecture.pooling]
        pooling.forward(Y, z, batch, self.architecture.hidden_size)
        return z

    def outputs(self, x, batch, state=None, *, before_link=False):
        """Compute the outputs of a piece: O(z V + c), equation (2), in a buffer.

        With `before_link` without O, that is z V + c.
        """
        z = self._read(self.states(x, batch, state), batch)
        return self.read_out(z, before_link=before_link)

    def read_out(self, z, *, before_link=False):
        """Compute the outputs of what the head reads, (n_read, width)."""
        a = self.head.forward(z)
        if not before_link:
            self.head.output(a)
        return a

    # -- forward and back ----------------------------------------------------------

    def loss_and_gradient(
        self, x, batch, y, weights, total, state=None, rng=None, dx=None
    ):
        """Compute a piece's part of the loss, and its gradient into `grad`.

        Parameters
        ----------
        x, batch, state, rng
            As in `states`. The gradient stops at `state`.
        y : ndarray of shape (n_read,) or (n_read, n_outputs)
            What the head's loss takes, in packed order; n_read is the number of
            steps, or of sequences.
        weights : ndarray of shape (n_read,) or None
            None: all one.
        total : float
            What the weighted sum of the losses is divided by.
        dx : ndarray of shape (n_rows, n_inputs), default=None
            Where given, the gradient of the first layer's inputs is written to it.

        Returns
        -------
        loss : float
        """
        Y = self.states(x, batch, state, rng)
        z = self._read(Y, batch)
        z_dropped = self._drop(z, ("dropout", "head"), rng)
        a = self.head.forward(z_dropped)
        loss = self.head.loss(a, y, weights, total)
        dz = self.workspace.array("dz", z.shape)
        self.head.backward(z_dropped, a, dz)
        self._drop_back(dz, ("dropout", "head"), rng)
        self._backward(self._unread(dz, Y, z, batch), rng, dx)
        return loss

    def _unread(self, dz, Y, z, batch):
        """dL/dY; where the head reads the last states alone, dL/dY of those."""
        if self.architecture.pooling in (None, "last"):
            return dz
        dY = self.workspace.array("dY", Y.shape)
        pooling = POOLINGS[self.architecture.pooling]
        pooling.backward(dz, dY, Y, z, batch, self.architecture.hidden_size)
        return dY

    def _backward(self, dY, rng, dx_first):
        """Take dL/dY through the layers, from the last to the first."""
        for k in range(len(self.layers) - 1, -1, -1):
            x = self._inputs[k]
            dx = dx_first
            if k or (dx is None and self.architecture.embedding_size is not None):
                dx = self.workspace.array(("dx", k % 2), x.shape)
            self._layer_backward(k, x, dY, dx)
            if k:
                self._drop_back(dx, ("dropout", k), rng)
            dY = dx
        if self.architecture.embedding_size is not None:
            transposed_dot(self._x, dY, self.g["E"], self.workspace)

    def _layer_backward(self, k, x, dY, dx):
        layer, cut = self.layers[k], self.architecture.truncation_length
        is_top = k == len(self.layers) - 1
        only_last = is_top and self.architecture.pooling == "last"
        dA = [
            recurrence.backward(x, dY, cut, only_last=only_last) for recurrence in layer
        ]
        if dx is None:
            return
        U = [recurrence.p["U"] for recurrence in layer]
        # The parts of both directions add up in one product.
        dA, U = self._side_by_side(dA, "dA both"), self._side_by_side(U, "U both")
        layer[0].cell.back_to_inputs(U, dA, out=dx)

    def penalty(self, alpha, total):
        """Add the L2 penalty's gradient to `grad` and return the penalty.

        It is ``alpha / 2 * ||weights||^2 / total`` (23), as in `MLPClassifier`; of the
        table only the rows that `grad` has take part.
        """
        if alpha == 0:
            return 0.0
        layout, grad = self.layout, self.grad
        penalised = [(self.theta[layout.n_biases :], grad[layout.n_biases :])]
        if self.rows is not None:
            picked = self.workspace.array("picked", grad[layout.n_dense :].shape)
            weights = slice(layout.n_biases, layout.n_dense)
            penalised = [
                (self.theta[weights], grad[weights]),
                (picked, grad[layout.n_dense :]),
            ]
        penalty = 0.0
        for weights, gradient in penalised:
            share = self.workspace.array("penalty", weights.shape)
            np.multiply(weights, alpha / total, out=share)
            gradient += share
            penalty += 0.5 * float(np.dot(weights, share))
        return penalty
