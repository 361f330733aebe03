"""The training loop: by batches, or on all sequences at once with L-BFGS."""

from math import isfinite

import numpy as np
from scipy.optimize import minimize

from .._core.network import N_ROWS_FORWARD
from .._core.transforms import l2_norm
from .batches import bounded_batches, draw_batches
from .pieces import gradients
from .shards import Shards

STOCHASTIC_ADVICE = (
    "Lower learning_rate_init, set or lower clip_threshold, or set or lower "
    "truncation_length."
)
LBFGS_ADVICE = (
    "Raise alpha, or choose solver='adam' or 'sgd' with a clip_threshold, which a line "
    "search can't have."
)


class Tally:
    """Means over the pieces of an epoch.

    Attributes
    ----------
    loss : float
    grad_norm : float
        Before clipping.
    clip_fraction : float
        Share of the updates whose gradient was clipped.
    """

    def __init__(self):
        self._loss = 0.0
        self._weight = 0.0
        self._norms = []
        self._n_clipped = 0

    def add(self, loss, weight, norm, is_clipped):
        self._loss += loss * weight
        self._weight += weight
        self._norms.append(norm)
        self._n_clipped += is_clipped

    @property
    def loss(self):
        return self._loss / self._weight

    @property
    def grad_norm(self):
        return float(np.mean(self._norms))

    @property
    def clip_fraction(self):
        return self._n_clipped / len(self._norms)


class StochasticTrainer:
    """Trains by one update a batch, or one a segment where a network walks.

    Parameters
    ----------
    network : Network
        Trained in place.
    data : Dataset
    alpha : float
        Strength of the L2 penalty.
    batch_size : int
    shuffle : bool
    transform : transform
        Turns a gradient into a step. Its last link is `solver`.
    solver : Momentum or Adam
    schedule : Constant
        Gives the learning rate of `solver`.
    rng : numpy.random.Generator
    n_shards : int, default=1
        So many threads share the work of a batch (`Shards`).
    """

    def __init__(
        self,
        network,
        data,
        *,
        alpha,
        batch_size,
        shuffle,
        transform,
        solver,
        schedule,
        rng,
        n_shards=1,
    ):
        self.network = network
        self.data = data
        self.alpha = alpha
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.transform = transform
        self.solver = solver
        self.schedule = schedule
        self.rng = rng
        self.shards = Shards(network, n_shards, rng)
        self._last_norm = None

    def fit(self, max_iter, monitor):
        """Train for `max_iter` epochs, or until `monitor` sees no improvement.

        Returns
        -------
        has_converged : bool
            Whether the improvement, or a hook, ended it before the epochs did.

        Raises
        ------
        FloatingPointError
            When the loss or the gradient stops being finite.
        """
        with self.shards:
            return self._epochs(max_iter, monitor)

    def _epochs(self, max_iter, monitor):
        for epoch in range(max_iter):
            monitor.begin_epoch()
            self.schedule.advance(epoch / max_iter, monitor.history.n_seen)
            self.solver.learning_rate = self.schedule.rate
            tally = self._epoch(monitor.n_iter + 1)
            monitor.record(
                tally.loss,
                tally.grad_norm,
                len(self.data.X),
                self.network.theta,
                tally.clip_fraction,
            )
            if monitor.is_told_to_stop:
                return True
            if monitor.has_stalled:
                if not self.schedule.on_stall():
                    return True
                monitor.forgive()
        return False

    def _epoch(self, number):
        tally = Tally()
        network = self.network
        rng = self.rng if self.shuffle else None
        for members in draw_batches(self.data.X.lengths, self.batch_size, rng):
            for loss, total in self.shards.gradients(self.data, members):
                loss += network.penalty(self.alpha, total)
                norm = l2_norm(network.grad)
                check_finite(loss, norm, self._last_norm, number, STOCHASTIC_ADVICE)
                self._last_norm = norm
                is_clipped = self.transform.update(
                    network.grad, network.theta, network.rows
                )
                tally.add(loss, total, norm, is_clipped)
        return tally


def fit_lbfgs(network, data, *, alpha, max_iter, tol, monitor):
    """Train on all sequences at once with L-BFGS (`scipy.optimize.minimize`).

    Where the network truncates, the gradient is the truncated one. Dropout and
    clipping, which contradict a line search, take no part.

    Parameters
    ----------
    network : Network
        Trained in place.
    data : Dataset
    alpha : float
        Strength of the L2 penalty.
    max_iter : int
    tol : float
        Greatest component of the gradient at which to stop.
    monitor : Monitor

    Returns
    -------
    has_converged : bool
    """
    total = data.total_weight()
    architecture = network.architecture
    n_steps = architecture.truncation_length if architecture.can_walk else None
    batches = bounded_batches(data.X.lengths, N_ROWS_FORWARD, n_steps)
    sum_of_gradients = np.empty(network.theta.shape)
    accepted = network.theta.copy()

    def objective(theta):
        network.theta[...] = theta
        sum_of_gradients.fill(0)
        loss = 0.0
        for members in batches:
            for piece_loss, _ in gradients(network, data, members, total=total):
                loss += piece_loss
                network.add_gradient(sum_of_gradients)
        network.read_whole_table()
        network.grad.fill(0)
        loss += network.penalty(alpha, total)
        network.add_gradient(sum_of_gradients)
        norm = l2_norm(sum_of_gradients)
        check_finite(loss, norm, monitor.last_norm, monitor.n_iter + 1, LBFGS_ADVICE)
        return loss, sum_of_gradients

    def on_iteration(intermediate_result):
        network.theta[...] = accepted[...] = intermediate_result.x
        norm = l2_norm(sum_of_gradients)
        monitor.begin_epoch()
        monitor.record(intermediate_result.fun, norm, len(data.X), network.theta)
        has_stalled = monitor.validate is not None and monitor.has_stalled
        if has_stalled or monitor.is_told_to_stop:
            raise StopIteration

    try:
        result = minimize(
            objective,
            network.theta.astype(np.float64),
            method="L-BFGS-B",
            jac=True,
            callback=on_iteration,
            options={"maxiter": max_iter, "gtol": tol},
        )
    except KeyboardInterrupt:
        network.theta[...] = accepted
        raise
    network.theta[...] = result.x
    return result.status != 1


def check_finite(loss, norm, last_norm, epoch, advice):
    """Refuse a loss or a gradient norm that is not a finite number."""
    if isfinite(loss) and isfinite(norm):
        return
    last = "there was none yet" if last_norm is None else f"it was {last_norm:.3g}"
    raise FloatingPointError(
        f"Training diverged in epoch {epoch}: the loss is {loss:g} and the gradient's "
        f"norm {norm:g} (before that, {last}). {advice} Or scale the inputs (and, in "
        "regression, the targets) to unit variance."
    )
