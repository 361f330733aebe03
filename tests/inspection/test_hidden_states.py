import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrnn import RNNLanguageModel
from skrnn.inspection import HiddenStateDisplay, hidden_states
from skrnn.preprocessing import StepTransformer

from .. import reference
from ..problems import parts
from ..sequences import TASKS, pad, ragged

every_task = pytest.mark.parametrize("task", TASKS, ids=repr)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def fitted(task=TASKS[0], **params):
    X = ragged()
    return task.make(**params).fit(X, task.targets(X)), X


@every_task
@pytest.mark.parametrize("bidirectional", [False, True])
def test_equals_the_naive_twin(task, bidirectional):
    model, X = fitted(task, n_layers=2, bidirectional=bidirectional)
    net, p = model._architecture, parts(model._architecture, model._theta)
    for layer in (0, 1, -1, -2):
        for x, found in zip(X, hidden_states(model, X, layer=layer)):
            by_layer = reference.states(p, [x[[t]] for t in range(len(x))], net, {})
            expected = np.vstack(reference.side_by_side(by_layer[layer]))
            assert np.linalg.norm(expected) > 0.1
            np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_padding_has_no_states():
    model, X = fitted()
    for ragged_one, padded in zip(
        hidden_states(model, X), hidden_states(model, pad(X))
    ):
        np.testing.assert_allclose(padded, ragged_one, rtol=1e-12)


def test_a_language_model_begins_with_its_mark():
    model = RNNLanguageModel(4, max_iter=2, random_state=0).fit(["abc", "ab"])
    short, long, empty = hidden_states(model, ["ab", "abc", ""])
    assert [len(short), len(long), len(empty)] == [3, 4, 1]
    np.testing.assert_allclose(long[:3], short, rtol=1e-6)
    np.testing.assert_allclose(long[:1], empty, rtol=1e-6)


@pytest.mark.parametrize("layer", [2, -3, 0.5, "top"])
def test_no_such_layer(layer):
    model, X = fitted(n_layers=2)
    with pytest.raises(ValueError, match="the network has 2 layer"):
        hidden_states(model, X, layer=layer)


def test_what_is_refused():
    model, X = fitted()
    pipeline = make_pipeline(StepTransformer(StandardScaler()), TASKS[0].make())
    with pytest.raises(TypeError, match=r"Pass pipeline\[-1\]"):
        hidden_states(pipeline.fit(X, TASKS[0].targets(X)), X)
    with pytest.raises(ValueError, match="not fitted"):
        hidden_states(TASKS[0].make(), X)
    with pytest.raises(ValueError, match="labels, but x has 3 steps"):
        HiddenStateDisplay.from_estimator(model, X[0], labels=["a"])
    with pytest.raises(ValueError, match=r"1 direction\(s\)"):
        HiddenStateDisplay.from_estimator(model, X[0], direction=1)


def test_the_map_holds_the_states():
    model, X = fitted(bidirectional=True, n_layers=2)
    expected = hidden_states(model, X[:2], layer=0)[1]
    display = HiddenStateDisplay.from_estimator(model, X[1], layer=0)
    np.testing.assert_allclose(display.im_.get_array(), expected.T, rtol=1e-12)
    low, high = display.im_.get_clim()
    assert low == -high
    names = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert names == ["forward", "backward"]
    # The map and its colour bar.
    assert len(display.figure_.axes) == 2
    for direction, columns in ((0, slice(4)), (1, slice(4, 8))):
        figure, ax = plt.subplots()
        display = HiddenStateDisplay.from_estimator(
            model, X[1], layer=0, direction=direction, ax=ax, colorbar=False
        )
        np.testing.assert_allclose(display.states, expected[:, columns], rtol=1e-12)
        assert display.ax_ is ax
        assert display.figure_ is figure
        assert figure.axes == [ax]
        assert ax.get_ylabel() == "unit"


def labels_on(display):
    display.figure_.canvas.draw()
    return [label.get_text() for label in display.ax_.get_xticklabels()]


def test_labels_stand_at_the_steps():
    model, X = fitted()
    display = HiddenStateDisplay.from_estimator(model, X[0], labels=["a", 2.5, "c"])
    assert labels_on(display) == ["a", "2.5", "c"]
    assert list(display.ax_.get_xticks()) == [0, 1, 2]
    # Of many, some; each still at its step.
    x = np.zeros((100, 2))
    display = HiddenStateDisplay.from_estimator(model, x, labels=range(1000, 1100))
    steps = display.ax_.get_xticks()
    assert 20 < len(steps) <= 40
    assert labels_on(display) == [str(1000 + step) for step in steps]
    assert HiddenStateDisplay.from_estimator(model, x).ax_.get_xlabel() == "step"


def test_a_language_model_knows_its_tokens():
    model = RNNLanguageModel(4, max_iter=2, random_state=0).fit(["abc", "ab"])
    display = HiddenStateDisplay.from_estimator(model, "axc")
    assert labels_on(display) == ["<end>", "a", "<unknown>", "c"]


def test_without_matplotlib(monkeypatch):
    import sys

    model, X = fitted()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert len(hidden_states(model, X)) == len(X)
    with pytest.raises(ImportError, match="HiddenStateDisplay.plot requires"):
        HiddenStateDisplay.from_estimator(model, X[0])
