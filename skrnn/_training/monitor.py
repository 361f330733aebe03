"""Owns when training stops, its history, and the best parameters seen."""

import numpy as np


class Monitor:
    """Watches the epochs of a fit.

    Parameters
    ----------
    tol : float
        What counts as an improvement.
    n_iter_no_change : int or inf
        So many epochs in a row may pass without one.
    validate : callable or None
        Gives the validation score of the parameters as they are. Where given, it
        is what must improve, and the best parameters are kept.
    verbose : bool
        Whether to print a line for every epoch.
    hooks : object, default=None
        Its ``begin_epoch()`` and ``end_epoch(report)`` are called around each epoch,
        with a line that says what came of it; where the latter returns True, training
        ends.
    history : History, default=None
        Of an earlier fit that goes on.
    best_theta : ndarray, default=None
        The parameters to which the history's best score belongs.

    Attributes
    ----------
    history : History
    n_iter : int
        Epochs of this fit.
    is_told_to_stop : bool
        Whether a hook wants training to end.
    """

    def __init__(
        self,
        *,
        tol,
        n_iter_no_change,
        validate,
        verbose,
        hooks=None,
        history=None,
        best_theta=None,
    ):
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.validate = validate
        self.verbose = verbose
        self.hooks = hooks
        self.is_told_to_stop = False
        self.history = History() if history is None else history
        self.n_iter = 0
        self._without_improvement = 0
        self._best_theta = best_theta

    def begin_epoch(self):
        """Announce an epoch."""
        if self.hooks is not None:
            self.hooks.begin_epoch()

    def record(self, loss, grad_norm, n_sequences, theta, clip_fraction=0.0):
        """Take in an epoch: its mean loss and gradient norm, and its sequences.

        `clip_fraction` is the share of its updates that clipping changed.
        """
        history = self.history
        self.n_iter += 1
        history.loss.append(loss)
        history.grad_norm.append(grad_norm)
        history.clip_fraction.append(clip_fraction)
        history.n_seen += n_sequences
        if self.validate is None:
            improved = loss <= history.best_loss - self.tol
            history.best_loss = min(loss, history.best_loss)
        else:
            score = self.validate()
            history.validation_scores.append(score)
            improved = score >= history.best_score + self.tol
            if score > history.best_score:
                history.best_score = score
                self._best_theta = theta.copy()
        self._without_improvement = 0 if improved else self._without_improvement + 1
        if self.verbose:
            print(history.last_line())
        if self.hooks is not None and self.hooks.end_epoch(history.last_loss()):
            self.is_told_to_stop = True

    @property
    def last_norm(self):
        """Gradient norm of the last epoch, None before the first."""
        return self.history.grad_norm[-1] if self.history.grad_norm else None

    @property
    def has_stalled(self):
        """Whether the last epochs brought no improvement."""
        return self._without_improvement > self.n_iter_no_change

    def forgive(self):
        """Start counting epochs without improvement anew."""
        self._without_improvement = 0

    def restore_best(self, theta):
        """Write the best parameters to `theta`, where a validation score tells them."""
        if self.validate is not None and self._best_theta is not None:
            np.copyto(theta, self._best_theta)


class History:
    """Losses, gradient norms, clipping and scores by epoch.

    Attributes
    ----------
    loss, grad_norm, clip_fraction, validation_scores : list of float
    n_seen : int
        Sequences trained on, counted once an epoch.
    best_loss, best_score : float
    """

    def __init__(self):
        self.loss = []
        self.grad_norm = []
        self.clip_fraction = []
        self.validation_scores = []
        self.n_seen = 0
        self.best_loss = np.inf
        self.best_score = -np.inf

    def last_loss(self):
        """Say the last epoch and its loss in words."""
        return f"Epoch {len(self.loss)}: loss {self.loss[-1]:.6f}"

    def last_line(self):
        """Say all of the last epoch in words."""
        line = f"{self.last_loss()}, gradient norm {self.grad_norm[-1]:.3g}"
        if self.validation_scores:
            line += f", validation score {self.validation_scores[-1]:.4f}"
        return line
