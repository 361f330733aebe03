"""What one step of a recurrence computes, forward and back.

A cell holds no parameters and no states. It states the shapes of its parameters,
projects all inputs at once, lays out the memory of a batch as a *tape*, and does one
step on the views which that tape holds for it. The time loop in `recurrence` passes
those views on without looking into them, so that a cell with gates, or with more
than one state vector, needs no other loop.
"""

from itertools import repeat

import numpy as np

from .initializers import RECURRENT, glorot_uniform
from .products import by_step, dot, step_products, sum_rows, take_rows, transposed_dot

# Numbers of a step, on average, from which on their slopes are computed on the way
# back, step by step, while they are in the processor's cache, and not beforehand in
# fewer calls.
N_BY_STEP = 2**13
# Pre-activations that are projected at once, few enough to stay in its cache, too.
N_PROJECTED = 2**19


class ElmanTape:
    """Memory of one direction of one layer over one batch, and its views by step.

    Parameters
    ----------
    batch : PackedBatch
    workspace : Workspace
    name : object
        Tells the states from those of other tapes in the workspace.
    hidden_size : int
    products : SmallProducts, PieceProducts, StripProducts or LargeProducts
        Multiplies by W, step by step.

    Attributes
    ----------
    S : ndarray of shape (n_sequences + n_rows, hidden_size)
        The initial states, then the pre-activations, which become the states.
    slope : ndarray of shape (n_rows, hidden_size) or (n_sequences, hidden_size)
        sigma'(a) of all steps, for the way back, or of one; all recurrences share it.
    has_all_slopes : bool
        Which of the two.
    stretches : list of (slice, list of tuple)
        The rows of successive steps, and for each of these steps: a_t (becoming s_t),
        then s_{t-1} and a_t as `products` take them.
    is_fresh : bool
        Whether the initial states are zero; they are not written then.
    """

    def __init__(self, batch, workspace, name, hidden_size, products):
        n = len(batch)
        self.batch = batch
        self.workspace = workspace
        self.products = products
        self.S = workspace.array((name, "S"), (n + batch.n_rows, hidden_size))
        self.initial = self.S[:n]
        self.states = self.S[n:]
        self.has_all_slopes = self.states.size < N_BY_STEP * len(batch.steps)
        n_slopes = batch.n_rows if self.has_all_slopes else n
        self.slope = workspace.array("slope", (n_slopes, hidden_size))
        _, self._state_steps, s_previous, a_as_place = self._by_step(self.states)
        forward_steps = list(zip(self._state_steps, s_previous, a_as_place))
        self.stretches = [
            (
                slice(self.batch.steps[first][0], self.batch.steps[end - 1][1]),
                forward_steps[first:end],
            )
            for first, end in self._cuts(N_PROJECTED // hidden_size)
        ]
        self._dS = None

    def _cuts(self, n_rows):
        """First step and end of stretches of `n_rows` at most, or else of one step."""
        steps, first = self.batch.steps, 0
        for t, (_, stop) in enumerate(steps):
            if stop - steps[first][0] > n_rows and t > first:
                yield first, t
                first = t
        yield first, len(steps)

    def begin(self, initial):
        """Set the states before the first step; None: zero."""
        self.is_fresh = initial is None
        if not self.is_fresh:
            self.initial[...] = initial

    def backward_steps(self, dS):
        """For each step: dL/ds_{t-1}, dL/ds_t (becoming dL/da_t), s_t, slope, operands.

        s_t is None where the slopes of all steps are there already. The operands are
        dL/da_t and dL/ds_{t-1} as `products` take them. Nothing is ever passed to the
        predecessor of the first step.
        """
        if dS is not self._dS:
            self._dS = dS
            previous, current, previous_place, da = self._by_step(dS)
            self._backward_steps = list(
                zip(previous, current, *self._slope_steps(), da, previous_place)
            )
        return self._backward_steps

    def _slope_steps(self):
        """Lists over steps: what the slope is to be told from, and its place."""
        if self.has_all_slopes:
            slopes = [s for block in self._blocks(self.slope) for s in by_step(block)]
            return repeat(None), slopes
        return self._state_steps, [self.slope[: len(s)] for s in self._state_steps]

    def _blocks(self, rows):
        """The rows of successive steps that equally many sequences have, in 3-D.

        To walk along an axis takes a fraction of the time of as many slices.
        """
        for start, n_steps, n in self.batch.runs:
            yield rows[start : start + n_steps * n].reshape(n_steps, n, -1)

    def _by_step(self, rows):
        """Lists over steps: predecessors and rows; the same as `products` take them.

        A predecessor is cut to the sequences that go on; the first one's is the
        initial state.
        """
        lists = previous, current, previous_operands, operands = [], [], [], []
        last = self.initial
        for block in self._blocks(rows):
            before = last[None, : block.shape[1]]
            steps, views = by_step(block), self.products.views(block)
            previous += [before[0], *steps[:-1]]
            current += steps
            previous_operands += [*self.products.views(before), *views[:-1]]
            operands += views
            last = steps[-1]
        return lists

    def previous_states(self):
        """s_{t-1} for every row, (n_rows, hidden_size)."""
        if self.batch.is_even:
            return self.S[: self.batch.n_rows]
        return take_rows(self.S, self.batch.previous, self.workspace, "previous")


class ElmanCell:
    """The simple recurrent cell of Elman 1990, equation (1).

    Parameters
    ----------
    activation : Activation
        sigma.
    """

    def __init__(self, activation):
        self.activation = activation

    def weight_shapes(self, n_inputs, hidden_size):
        """Shapes of U and W."""
        return {"U": (n_inputs, hidden_size), "W": (hidden_size, hidden_size)}

    def bias_shapes(self, hidden_size):
        """Shape of b."""
        return {"b": (hidden_size,)}

    def initialize(self, rng, p, recurrent_init, spectral_radius):
        """Draw the initial values of the parameters `p` in place.

        W is drawn by `initializers.RECURRENT`, and scaled to `spectral_radius` (40).
        """
        glorot_uniform(rng, p["U"])
        W = p["W"]
        RECURRENT[recurrent_init](rng, W)
        W *= spectral_radius
        p["b"].fill(0)

    def tape(self, batch, workspace, name, hidden_size):
        """Lay out the memory for `batch`."""
        products = step_products(len(batch), hidden_size, workspace)
        return ElmanTape(batch, workspace, name, hidden_size, products)

    def project(self, p, x, out):
        """Inputs' part of every pre-activation in one product: x U + b."""
        dot(x, p["U"], out=out)
        np.add(out, p["b"], out=out)

    def step(self, products, W, a, *operands):
        """a_t += s_{t-1} W, then s_t = sigma(a_t) in its place (1)."""
        products.add(W, *operands)
        self.activation.apply(a)

    def step_from_zero(self, a, *operands):
        """The same where s_{t-1} is zero."""
        self.activation.apply(a)

    def prepare_back(self, tape):
        """Compute the slopes of all steps before the loop back, or leave it to it."""
        if tape.has_all_slopes:
            self.activation.slope(tape.states, tape.slope)

    def step_back(self, ds_previous, ds, s, slope, *operands):
        """dL/da_t = dL/ds_t * sigma'(a_t), in place of dL/ds_t (5)."""
        if s is not None:
            self.activation.slope(s, slope)
        np.multiply(ds, slope, out=ds)

    def carry_back(self, carry, WT, ds_previous, da, s, slope, *operands):
        """dL/ds_{t-1} += dL/da_t W^T (4); `carry` adds it, or writes the first part."""
        carry(WT, *operands)

    def recurrent_gradients(self, g, tape, dA):
        """Gradients of W and b from dL/da of all steps, one product each (6)."""
        first = len(tape.initial) if tape.is_fresh else 0
        workspace = tape.workspace
        s_previous = tape.previous_states()[first:]
        transposed_dot(s_previous, dA[first:], g["W"], workspace)
        sum_rows(dA, g["b"], workspace)

    def input_gradients(self, g, x, dA, workspace):
        """Gradient of U from dL/da of all steps, in the order of the inputs (7)."""
        transposed_dot(x, dA, g["U"], workspace)

    def back_to_inputs(self, U, dA, out):
        """dL/dx of all steps (8)."""
        np.dot(dA, U.T, out=out)
