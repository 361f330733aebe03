"""The time loop, forward and back, of one direction of one layer."""

from .products import take_rows


class Recurrence:
    """One cell unrolled over a packed batch, in one direction.

    Parameters
    ----------
    cell : ElmanCell
    p, g : dict of name to ndarray
        The network's parameters and their gradients.
    workspace : Workspace
    place : (int, int)
        Layer and direction, which tell this recurrence's parameters and buffers from
        its neighbours'.
    reverse : bool
        Whether each sequence is read from its own last step to its first.
    """

    def __init__(self, cell, p, g, workspace, place, reverse):
        self.cell = cell
        self.p = _Own(p, place)
        self.g = _Own(g, place)
        self.workspace = workspace
        self.name = place
        self.reverse = reverse
        self.hidden_size = len(self.p["W"])
        # Both directions' gradients are at hand at once, those of one layer at a time.
        self._own = ("dA", reverse)
        self.tape = None

    def __getstate__(self):
        # The tape is views into buffers, which copies would not share.
        return {**self.__dict__, "tape": None}

    def initialize(self, rng, recurrent_init, spectral_radius):
        """Draw the initial values of the parameters."""
        self.cell.initialize(rng, self.p, recurrent_init, spectral_radius)

    def forward(self, x, batch, initial=None):
        """Compute the states of all steps.

        Parameters
        ----------
        x : ndarray of shape (n_rows, n_inputs)
        batch : PackedBatch
        initial : ndarray of shape (n_sequences, hidden_size), default=None
            States before the first step; zero if None.

        Returns
        -------
        states : ndarray of shape (n_rows, hidden_size)
            In the order of `x`. A buffer: it holds until the next call.
        """
        tape, cell = self._lay_out(batch), self.cell
        tape.begin(initial)
        products = tape.products
        W = products.right(self.p["W"])
        for rows, steps in tape.stretches:
            cell.project(self.p, self._inputs(x, rows), out=tape.states[rows])
            steps = iter(steps)
            if initial is None and rows.start == 0:
                cell.step_from_zero(*next(steps))
            for views in steps:
                cell.step(products, W, *views)
        return self._in_input_order(tape.states, "states")

    def _lay_out(self, batch):
        """The tape of `batch`; the last one, where that was alike."""
        if self.tape is None or self.tape.batch.steps is not batch.steps:
            self.tape = self.cell.tape(
                batch, self.workspace, self.name, self.hidden_size
            )
        return self.tape

    def backward(self, x, dS, truncation_length=None, *, only_last=False):
        """Compute the gradients of the last `forward`, but for that of the inputs.

        Parameters
        ----------
        x : ndarray of shape (n_rows, n_inputs)
            As in `forward`.
        dS : ndarray of shape (n_rows, width) or (n_sequences, width)
            What the layers above pass down, dL_t/ds_t: of this direction, then it is
            overwritten; or of both directions, side by side.
        truncation_length : int, default=None
            No gradient passes from step t to step t - 1 where t, counted in this
            direction, is a multiple of it (27).
        only_last : bool, default=False
            Whether `dS` is of each sequence's last state alone, the others' being zero.

        Returns
        -------
        dA : ndarray of shape (n_rows, hidden_size)
            dL/da of all steps in the order of `x`, from which the cell tells the
            gradient of the inputs. A buffer: it holds until the next call.
        """
        tape, cell = self.tape, self.cell
        dA = self._at_the_end(dS) if only_last else self._in_own_order(dS)
        carry = tape.products.write if only_last else tape.products.add
        cell.prepare_back(tape)
        WT = self.workspace.array("WT", self.p["W"].T.shape)
        WT[...] = self.p["W"].T
        WT = tape.products.right(WT)
        steps = tape.backward_steps(dA)
        cut = truncation_length or len(steps)
        for t in range(len(steps) - 1, -1, -1):
            cell.step_back(*steps[t])
            if t % cut:
                cell.carry_back(carry, WT, *steps[t])
            elif t and only_last:
                steps[t][0].fill(0)
        cell.recurrent_gradients(self.g, tape, dA)
        dA = self._in_input_order(dA, "dA")
        cell.input_gradients(self.g, x, dA, self.workspace)
        return dA

    def final_states(self):
        """State after each sequence's last step in this direction."""
        return self.tape.states[self.tape.batch.last]

    def _inputs(self, x, rows):
        """The inputs of packed rows, in this direction's order."""
        if not self.reverse:
            return x[rows]
        source = self.tape.batch.reversal[rows]
        # A layer's inputs may be token ids, those of the next one are states.
        return take_rows(x, source, self.workspace, (self.name, "x turned"))

    def _in_input_order(self, rows, name):
        if not self.reverse:
            return rows
        source = self.tape.batch.reversal
        return take_rows(rows, source, self.workspace, (name, "turned"))

    def _at_the_end(self, dz):
        """Rows of all steps, of which only the last ones are set."""
        dS = self.workspace.array(self._own, self.tape.states.shape)
        dS[self.tape.batch.last] = dz[:, self._columns(dz)]
        return dS

    def _in_own_order(self, dS):
        is_own = dS.shape[1] == self.hidden_size
        if self.reverse:
            source = self.tape.batch.reversal
            if not is_own:
                # The rows of both directions take turns.
                source = 2 * source + 1
            dS = dS.reshape(-1, self.hidden_size)
            return take_rows(dS, source, self.workspace, self._own)
        if is_own:
            return dS
        own = self.workspace.array(self._own, self.tape.states.shape)
        own[...] = dS[:, self._columns(dS)]
        return own

    def _columns(self, dS):
        """Those of this direction."""
        return (
            slice(-self.hidden_size, None) if self.reverse else slice(self.hidden_size)
        )


class _Own:
    """One recurrence's part of a network's parameters, by letter."""

    def __init__(self, views, place):
        self._views = views
        self._place = place

    def __getitem__(self, letter):
        return self._views[letter, *self._place]
