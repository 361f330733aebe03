import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from skrnn import RNNClassifier
from skrnn._training.monitor import Monitor


def make(**options):
    defaults = {"tol": 0.1, "n_iter_no_change": 2, "validate": None, "verbose": False}
    return Monitor(**{**defaults, **options})


def epochs_until_stall(losses, **options):
    monitor = make(**options)
    for loss in losses:
        monitor.record(loss, 1.0, 10, np.zeros(1))
        if monitor.has_stalled:
            return monitor.n_iter
    return None


@pytest.mark.parametrize(
    ("losses", "stopped"),
    [
        # More than n_iter_no_change epochs in a row must pass without improvement.
        ([1, 1, 1, 1, 1], 4),
        ([1, 1, 1, 0.5, 0.5, 0.5, 0.5], 7),
        ([5, 4, 3, 2, 1, 0], None),
        # An improvement by less than tol is none, though it moves the mark.
        ([1, 0.95, 0.9, 0.85, 0.8], 4),
        ([1, 2, 3, 0.95, 0], 4),
        ([1, 2, 3, 0.5, 2, 2, 2], 7),
    ],
)
def test_stops_on_a_stalled_loss(losses, stopped):
    assert epochs_until_stall(losses) == stopped


def test_tol():
    losses = [1, 0.95, 0.9, 0.85, 0.8]
    assert epochs_until_stall(losses, tol=0.04) is None
    assert epochs_until_stall([1] * 5, tol=0) is None
    assert epochs_until_stall([1] * 50, n_iter_no_change=np.inf) is None
    assert epochs_until_stall([1] * 50, n_iter_no_change=20) == 22


@pytest.mark.parametrize("tol", [1e-4, 1e-2, 0.05])
@pytest.mark.parametrize("n_iter_no_change", [1, 3, 10])
def test_stops_when_scikit_learns_own_does(tol, n_iter_no_change):
    """The losses of an `MLPClassifier` end the monitor's watch at the same epoch."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 4))
    y = (X[:, 0] + 0.5 * rng.normal(size=60) > 0).astype(int)
    model = MLPClassifier(
        8,
        learning_rate_init=0.05,
        tol=tol,
        n_iter_no_change=n_iter_no_change,
        max_iter=2000,
        random_state=0,
    ).fit(X, y)
    assert model.n_iter_ < 2000
    n_epochs = epochs_until_stall(
        model.loss_curve_, tol=tol, n_iter_no_change=n_iter_no_change
    )
    assert n_epochs == model.n_iter_


def test_history():
    monitor = make()
    assert monitor.last_norm is None
    for loss, norm in ((3.0, 0.5), (2.0, 0.25), (4.0, 0.125)):
        monitor.record(loss, norm, 7, np.zeros(1))
    history = monitor.history
    assert history.loss == [3, 2, 4]
    assert history.grad_norm == [0.5, 0.25, 0.125]
    assert history.n_seen == 21
    assert history.best_loss == 2
    assert history.validation_scores == []
    assert monitor.last_norm == 0.125
    goes_on = make(history=history)
    goes_on.record(1.0, 1.0, 7, np.zeros(1), clip_fraction=0.25)
    assert history.clip_fraction == [0, 0, 0, 0.25]
    assert history.loss == [3, 2, 4, 1]
    assert goes_on.n_iter == 1


def test_best_parameters_are_restored():
    scores = iter([0.5, 0.8, 0.6, 0.8, 0.7])
    monitor = make(validate=lambda: next(scores))
    theta = np.zeros(2)
    for epoch in range(5):
        theta.fill(epoch)
        # Losses fall all the time: it is the score that must improve.
        monitor.record(-epoch, 1.0, 10, theta)
    assert monitor.has_stalled
    monitor.restore_best(theta)
    # Of equal scores, the first one's.
    np.testing.assert_array_equal(theta, 1)
    assert monitor.history.best_score == 0.8
    assert monitor.history.validation_scores == [0.5, 0.8, 0.6, 0.8, 0.7]


def test_an_earlier_fits_best_parameters():
    """A fit that goes on keeps them until its own score is higher."""
    history = make().history
    history.best_score = 0.8
    theta = np.zeros(2)
    for score, kept in ((0.7, 5), (0.9, 0)):
        monitor = make(
            validate=lambda score=score: score,
            history=history,
            best_theta=np.full(2, 5.0),
        )
        theta.fill(0)
        monitor.record(1.0, 1.0, 10, theta)
        theta.fill(3)
        monitor.restore_best(theta)
        np.testing.assert_array_equal(theta, kept)


def test_without_validation_the_last_parameters_stay():
    monitor, theta = make(), np.ones(2)
    monitor.record(1.0, 1.0, 10, theta)
    theta.fill(2)
    monitor.restore_best(theta)
    np.testing.assert_array_equal(theta, 2)


def test_forgive():
    monitor = make()
    for _ in range(4):
        monitor.record(1.0, 1.0, 10, np.zeros(1))
    assert monitor.has_stalled
    monitor.forgive()
    assert not monitor.has_stalled
    for _ in range(2):
        monitor.record(1.0, 1.0, 10, np.zeros(1))
    assert not monitor.has_stalled


def test_verbose(capsys):
    monitor = make(verbose=True, validate=lambda: 0.875)
    monitor.record(0.5, 2.0, 10, np.zeros(1))
    line = capsys.readouterr().out
    for part in ("Epoch 1", "0.500000", "norm 2", "0.8750"):
        assert part in line
    make().record(0.5, 2.0, 10, np.zeros(1))
    assert capsys.readouterr().out == ""


class Hooks:
    def __init__(self, n_epochs):
        self.n_epochs = n_epochs
        self.calls = []

    def begin_epoch(self):
        self.calls.append("begin")

    def end_epoch(self, report):
        self.calls.append("end")
        return self.calls.count("end") >= self.n_epochs


def test_hooks():
    hooks = Hooks(2)
    monitor = make(hooks=hooks)
    for expected in (False, True):
        monitor.begin_epoch()
        monitor.record(1.0, 1.0, 10, np.zeros(1))
        assert monitor.is_told_to_stop is expected
    assert hooks.calls == ["begin", "end"] * 2


def test_a_loss_that_never_improves_ends_a_fit():
    """Through the estimator: n_iter_no_change + 2 epochs, as the first one improves."""
    X = np.random.default_rng(0).normal(size=(20, 3, 2))
    y = np.arange(20) % 2
    model = RNNClassifier(
        4, learning_rate_init=1e-12, n_iter_no_change=5, random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        model.fit(X, y)
    assert model.n_iter_ == 7
