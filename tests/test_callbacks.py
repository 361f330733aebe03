"""scikit-learn's callbacks on every estimator."""

import re

import numpy as np
import pytest
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.model_selection import GridSearchCV

from skrnn import RNNClassifier, RNNRegressor, RNNTagger

from .sequences import ragged

X = ragged()
BY_SEQUENCE = [int(x[:, 0].sum() > 0) for x in X]
BY_STEP = [(x[:, 0] > 0).astype(int) for x in X]
SMALL = {"hidden_size": 3, "max_iter": 5, "n_iter_no_change": np.inf, "random_state": 0}
CASES = [
    pytest.param(RNNClassifier(**SMALL), BY_SEQUENCE, id="classifier"),
    pytest.param(RNNTagger(**SMALL), BY_STEP, id="tagger"),
    pytest.param(RNNRegressor(**SMALL), BY_SEQUENCE, id="regressor"),
    pytest.param(RNNRegressor(per_step=True, **SMALL), BY_STEP, id="per step"),
    pytest.param(RNNClassifier(solver="lbfgs", **SMALL), BY_SEQUENCE, id="lbfgs"),
]


class Recorder:
    """Notes the tasks and the fitted estimators, and stops when told to."""

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.events = []
        self.estimators = []

    def setup(self, estimator, context):
        self.events.append("setup")

    def teardown(self, estimator, context):
        self.events.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.events.append(f"begin {context.task_name}")

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        self.events.append(f"end {context.task_name}")
        self.estimators.append(fitted_estimator)
        return len(self.estimators) == self.stop_after


@pytest.mark.parametrize(("estimator", "y"), CASES)
def test_every_epoch_is_a_task(estimator, y):
    recorder = Recorder()
    model = estimator.set_callbacks(recorder).fit(X, y)
    assert model.n_iter_ == 5
    epochs = ["begin epoch", "end epoch"] * 5
    assert recorder.events == ["setup", "begin fit", *epochs, "end fit", "teardown"]


@pytest.mark.parametrize(("estimator", "y"), CASES)
def test_the_estimator_so_far_predicts_as_a_shorter_fit(estimator, y):
    recorder = Recorder()
    estimator.set_callbacks(recorder).fit(X, y)
    shorter = type(estimator)(**{**estimator.get_params(), "max_iter": 2}).fit(X, y)
    so_far = recorder.estimators[1]
    assert so_far.loss_curve_[1] == shorter.loss_curve_[1]
    for given, expected in zip(so_far.predict(X), shorter.predict(X)):
        np.testing.assert_allclose(given, expected)
    np.testing.assert_allclose(so_far.coefs_[0][0], shorter.coefs_[0][0], rtol=1e-6)


@pytest.mark.parametrize(("estimator", "y"), CASES)
def test_a_callback_ends_the_fit(estimator, y):
    model = type(estimator)(**{**estimator.get_params(), "n_iter_no_change": 3})
    model.set_callbacks(Recorder(stop_after=3)).fit(X, y)
    assert model.n_iter_ == len(model.loss_curve_) == 3


def test_scoring_monitor_follows_the_fit():
    monitor = ScoringMonitor(scoring="accuracy")
    params = {**SMALL, "max_iter": 30, "learning_rate_init": 0.02}
    model = RNNClassifier(**params).set_callbacks(monitor).fit(X, BY_SEQUENCE)
    scores = monitor.get_logs(select="most_recent").data_as_pandas["accuracy"]
    assert len(scores) == 31
    assert model.score(X, BY_SEQUENCE) == scores.max() > scores.min()


def test_progress_bar_alone_and_in_a_search(capsys):
    model = RNNClassifier(**SMALL).set_callbacks(ProgressBar()).fit(X, BY_SEQUENCE)
    printed = capsys.readouterr().out
    assert "RNNClassifier - fit" in printed
    assert f"Epoch 5: loss {model.loss_:.6f}" in printed
    search = GridSearchCV(
        RNNClassifier(**SMALL), {"hidden_size": [2, 3]}, cv=2, n_jobs=2
    )
    search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(X, BY_SEQUENCE)
    printed = capsys.readouterr().out
    assert "GridSearchCV - fit" in printed
    assert printed.count("RNNClassifier - fit") == 5
    assert len(re.findall(r"RNNClassifier - Epoch 5: loss \d\.\d{6} ", printed)) == 5


@pytest.mark.parametrize(("estimator", "y"), CASES)
def test_the_bar_follows_the_loss_epoch_by_epoch(estimator, y):
    shown = []

    class Bar(ProgressBar):
        def on_fit_task_begin(self, estimator, context):
            shown.append(context.task_name)
            super().on_fit_task_begin(estimator, context)

    recorder = Recorder()
    model = estimator.set_callbacks(Bar(), recorder).fit(X, y)
    losses = [
        f"Epoch {i}: loss {loss:.6f}" for i, loss in enumerate(model.loss_curve_, 1)
    ]
    assert shown == ["fit", *(x for line in losses for x in ("epoch", line))]
    assert recorder.events.count("begin epoch") == len(recorder.events) / 2 - 2 == 5


def test_verbose_prints_a_line_for_every_epoch(capsys):
    model = RNNClassifier(**SMALL, verbose=True).fit(X, BY_SEQUENCE)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert lines[-1].startswith(f"Epoch 5: loss {model.loss_:.6f}, gradient norm")
