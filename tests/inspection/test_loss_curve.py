import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrnn import RNNLanguageModel
from skrnn.inspection import LossCurveDisplay
from skrnn.preprocessing import StepTransformer

from ..sequences import TASKS, ragged

every_task = pytest.mark.parametrize("task", TASKS, ids=repr)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def fitted(task=TASKS[0], **params):
    X = ragged()
    return task.make(**params).fit(X, task.targets(X))


def curve(ax, label):
    (line,) = (line for line in ax.get_lines() if line.get_label() == label)
    return line


@every_task
def test_the_curves_are_the_estimators(task):
    model = fitted(
        task, clip_threshold=0.1, early_stopping=True, validation_fraction=0.3
    )
    display = LossCurveDisplay.from_estimator(model)
    loss, norm = display.ax_
    for ax, label, values in (
        (loss, "training loss", model.loss_curve_),
        (display.score_ax_, "validation score", model.validation_scores_),
        (norm, "gradient norm", model.grad_norm_curve_),
    ):
        line = curve(ax, label)
        assert line.get_ydata().tolist() == values
        assert line.get_xdata().tolist() == [1, 2, 3, 4]
        assert ax.get_ylabel() == label
    assert norm.get_yscale() == "log"
    assert list(curve(norm, "clip_threshold=0.1").get_ydata()) == [0.1, 0.1]
    assert display.clip_fraction_curve == model.clip_fraction_curve_
    assert display.clip_ax_.get_ylim() == (0, 1)
    (area,) = display.clip_ax_.collections
    top = area.get_paths()[0].vertices[:, 1].max()
    assert top == max(model.clip_fraction_curve_) > 0
    display.figure_.canvas.draw()


def test_only_what_there_is():
    display = LossCurveDisplay.from_estimator(fitted(clip_threshold=None))
    assert display.score_ax_ is display.clip_ax_ is display.clip_threshold is None
    assert len(display.figure_.axes) == 2
    display = LossCurveDisplay.from_estimator(fitted(solver="lbfgs"))
    assert display.clip_ax_ is display.clip_threshold is None
    # A limit on the components is none on the norm.
    model = fitted(clip_mode="value", clip_threshold=1e-3)
    display = LossCurveDisplay.from_estimator(model)
    assert display.clip_threshold is None
    assert display.clip_fraction_curve == [1.0] * 4
    assert len(display.ax_[1].get_lines()) == 1


def test_on_given_axes():
    model = fitted()
    figure, axes = plt.subplots(1, 2)
    display = LossCurveDisplay.from_estimator(model, ax=axes)
    assert list(display.ax_) == list(axes)
    assert display.figure_ is figure
    LossCurveDisplay.from_estimator(model, ax=list(axes))
    with pytest.raises(ValueError, match="ax is 1 axes, but two are needed"):
        LossCurveDisplay.from_estimator(model, ax=axes[0])


def test_language_model():
    model = RNNLanguageModel(4, max_iter=3, random_state=0).fit(["abc", "ab"])
    display = LossCurveDisplay.from_estimator(model)
    assert display.loss_curve == model.loss_curve_


def test_what_is_refused(monkeypatch):
    import sys

    X = ragged()
    pipeline = make_pipeline(StepTransformer(StandardScaler()), TASKS[0].make())
    with pytest.raises(TypeError, match=r"Pass pipeline\[-1\]"):
        LossCurveDisplay.from_estimator(pipeline.fit(X, TASKS[0].targets(X)))
    with pytest.raises(ValueError, match="not fitted"):
        LossCurveDisplay.from_estimator(TASKS[0].make())
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match="LossCurveDisplay.plot requires matplotlib"):
        LossCurveDisplay(np.ones(2), np.ones(2)).plot()
