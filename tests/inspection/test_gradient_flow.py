import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrnn import RNNClassifier, RNNLanguageModel, RNNRegressor, RNNTagger
from skrnn._core.initializers import orthogonal
from skrnn.inspection import GradientFlowDisplay, gradient_flow
from skrnn.preprocessing import StepTransformer

from .. import reference
from ..problems import central_differences, parts
from ..sequences import TASKS, ragged

every_task = pytest.mark.parametrize("task", TASKS, ids=repr)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def numeric_norms(model, x, y, head):
    """Norms of dL/ds of one sequence by layer, direction and lag, the long way."""
    net = model._architecture
    p = parts(net, model._theta.astype(np.float64))
    steps = [x[[t]] for t in range(len(x))]
    norms = np.empty((net.n_layers, net.n_directions, len(x)))
    for k, d, lag in np.ndindex(norms.shape):
        own_end = (0 if d else len(x) - 1) if net.reads_steps else 0
        place = k, d, len(x) - 1 - lag

        def loss(pushes, place=place, own_end=own_end):
            stacked = [np.broadcast_to(x_t, (len(pushes), *x_t.shape)) for x_t in steps]
            out = reference.outputs(p, stacked, net, {}, {place: pushes[:, None, :]})
            target = y[own_end] if net.reads_steps else y
            return reference.LOSS[head](out[own_end][..., 0, :], target)

        gradient = central_differences(loss, np.zeros(net.hidden_size))
        norms[k, d, lag] = np.linalg.norm(gradient)
    return norms


@every_task
@pytest.mark.parametrize("truncation_length", [None, 2])
def test_equals_central_differences_on_the_states(task, truncation_length):
    """Two layers, both directions, ragged."""
    X = ragged()
    y = task.targets(X)
    model = task.make(
        n_layers=2, bidirectional=True, truncation_length=truncation_length
    ).fit(X, y)
    flow = gradient_flow(model, X, y)
    assert flow.norms.shape == (2, 2, len(X), 8)
    for i, x in enumerate(X):
        target, head = np.asarray(y[i]), "identity"
        if task.face is not RNNRegressor:
            target, head = (target == "up").astype(int), "logistic"
        expected = numeric_norms(model, x, target.reshape(-1, 1), head)
        found = flow.norms[:, :, i]
        assert np.isnan(found[..., len(x) :]).all()
        found = found[..., : len(x)]
        assert found.min() > 1e-7
        assert np.linalg.norm(found - expected) < 1e-6 * np.linalg.norm(expected)
        assert np.linalg.norm(expected) > 1e-3


def test_quartiles_are_of_sequences_that_have_the_lag():
    X = ragged()
    y = TASKS[0].targets(X)
    flow = gradient_flow(TASKS[0].make().fit(X, y), X, y)
    lengths = np.array([len(x) for x in X])
    assert flow.n_sequences.tolist() == [(lengths > k).sum() for k in range(8)]
    for k in range(8):
        own = flow.norms[0, 0, lengths > k, k]
        for name, share in (("lower", 0.25), ("median", 0.5), ("upper", 0.75)):
            assert flow[name][0, 0, k] == pytest.approx(np.quantile(own, share))
    # It is each sequence's own: what else there is, and its order, plays no part.
    alone = gradient_flow(TASKS[0].make().fit(X, y), X[4:6], y[4:6])
    np.testing.assert_allclose(
        alone.norms[0, 0, :, :7], flow.norms[0, 0, 4:6, :7], rtol=1e-10
    )


def built(radius, activation="identity", n_steps=40, scale=1.0, **params):
    """A classifier, sequences and labels; each W is orthogonal but for its scale."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(n_steps // 2, n_steps, 30)
    X = [scale * rng.normal(size=(n, 2)) for n in lengths]
    y = [int(x[-1, 0] > 0) for x in X]
    params = {"max_iter": 1, "n_iter_no_change": np.inf, "random_state": 0} | params
    model = RNNClassifier(8, activation=activation, **params).fit(X, y)
    for layer in model.recurrent_coefs_:
        for W in layer:
            orthogonal(rng, W)
            W *= radius
    for layer in model.intercepts_:
        for b in layer:
            b[...] = 0
    return model, X, y


@pytest.mark.parametrize("activation", ["identity", "tanh"])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize(
    ("radius", "verdict"),
    [
        (0.5, "vanishes by lag 10 (a factor of 0.50 a lag)"),
        (1.0, "flows: times 1 at lag "),
        (1.5, "explodes from lag 18 (a factor of 1.50 a lag)"),
    ],
)
def test_the_verdict_is_right(radius, verdict, bidirectional, activation):
    """With states so small that no activation bends them."""
    model, X, y = built(radius, activation, scale=1e-9, bidirectional=bidirectional)
    flow = gradient_flow(model, X, y)
    for d in range(1 + bidirectional):
        assert flow.verdicts[0][d].startswith(verdict)
        relative = flow.norms[0, d] / flow.norms[0, d, :, :1]
        lags = np.arange(relative.shape[1])
        np.testing.assert_allclose(
            np.nanmedian(relative, axis=0), radius**lags, rtol=1e-3
        )
        assert flow.spectral_radii[0, d] == pytest.approx(radius)
        assert flow.recurrent_norms[0, d] == pytest.approx(radius)


def test_the_radius_is_not_the_norm():
    model, X, y = built(1.0)
    model.recurrent_coefs_[0][0][...] = 0.5 * np.eye(8) + 3 * np.eye(8, k=1)
    flow = gradient_flow(model, X, y)
    assert flow.spectral_radii[0, 0] == pytest.approx(0.5, rel=1e-6)
    assert flow.recurrent_norms[0, 0] > 3


def test_short_sequences_are_extrapolated():
    model, X, y = built(0.5, n_steps=8)
    n = max(map(len, X)) - 1
    ((verdict,),) = gradient_flow(model, X, y).verdicts
    assert verdict.startswith("flows: times ")
    assert f"at lag {n} (a factor of 0.50 a lag, at which it would vanish" in verdict
    assert verdict.endswith("by lag 10)")


def test_few_long_sequences_do_not_decide():
    model, X, y = built(0.9, n_steps=20)
    X = X + [np.ones((90, 2))]
    ((verdict,),) = gradient_flow(model, X, y + [1]).verdicts
    assert verdict.startswith("flows")
    ((verdict,),) = gradient_flow(model, X[-1:], [1]).verdicts
    assert verdict == "vanishes by lag 66 (a factor of 0.90 a lag)"


def test_pooling_gives_each_state_a_way_of_its_own():
    """However small W is, the mean over the steps leaves nothing behind."""
    model, X, y = built(0.1, n_steps=40, pooling="mean")
    ((verdict,),) = gradient_flow(model, X, y).verdicts
    assert verdict.startswith("flows")
    model, X, y = built(0.1, n_steps=40)
    ((verdict,),) = gradient_flow(model, X, y).verdicts
    assert verdict.startswith("vanishes by lag 4 ")


def test_where_there_is_nothing_to_tell():
    model, X, y = built(1.0)
    ((verdict,),) = gradient_flow(model, [x[:1] for x in X], y).verdicts
    assert verdict.startswith("there are no lags")
    model.output_coef_[...] = 0
    ((verdict,),) = gradient_flow(model, X, y).verdicts
    assert verdict.startswith("there is no gradient")


def test_beyond_all_numbers():
    """An explosion past the greatest float is one, and can be drawn."""
    model, X, y = built(20.0, n_steps=800, scale=0)
    flow = gradient_flow(model, X, y)
    assert np.isinf(flow.norms).any()
    assert not np.isnan(flow.median).any()
    assert flow.verdicts[0][0].startswith("explodes from lag 3 ")
    GradientFlowDisplay(flow).plot().figure_.canvas.draw()
    model, X, y = built(20.0, n_steps=800)
    ((verdict,),) = gradient_flow(model, X, y).verdicts
    assert verdict == "explodes from lag 0: states or loss are no finite numbers"


def test_the_gradient_is_not_truncated():
    model, X, y = built(1.0, truncation_length=5)
    flow = gradient_flow(model, X, y)
    assert flow.truncation_length == 5
    assert flow.median.min() > 0.1 * flow.median.max()


def test_single_precision_does_not_underflow():
    model, X, y = built(0.5, n_steps=300, dtype="float32")
    flow = gradient_flow(model, X, y)
    last = flow.median[0, 0, -1]
    assert 0 < last < np.finfo(np.float32).tiny


def test_batches_do_not_matter(monkeypatch):
    X = ragged()
    y = TASKS[0].targets(X)
    model = TASKS[0].make(n_layers=2).fit(X, y)
    whole = gradient_flow(model, X, y).norms
    monkeypatch.setattr("skrnn.inspection._fitted.N_ROWS_PROBED", 9)
    np.testing.assert_allclose(gradient_flow(model, X, y).norms, whole, rtol=1e-10)


def test_a_part_of_the_classes_is_enough():
    """Weights by class are of the training, not of what is looked at."""
    X = ragged()
    y = TASKS[0].targets(X)
    model = TASKS[0].make(class_weight="balanced").fit(X, y)
    whole = gradient_flow(model, X, y).norms
    ups = [i for i in range(len(X)) if y[i] == "up" and len(X[i]) < 8]
    some = gradient_flow(model, [X[i] for i in ups], y[ups]).norms
    n = some.shape[-1]
    np.testing.assert_allclose(some[0, 0], whole[0, 0, ups, :n], rtol=1e-10)


def test_tokens_and_sparse_sequences():
    from scipy import sparse

    X = ragged()
    y = TASKS[0].targets(X)
    model = TASKS[0].make().fit(X, y)
    dense = gradient_flow(model, X, y).norms
    same = gradient_flow(model, [sparse.csr_array(x) for x in X], y).norms
    np.testing.assert_allclose(same, dense, rtol=1e-10)
    ids = [np.arange(1, 4), np.array([2, 1])]
    model = TASKS[0].make(embedding_size=3).fit(ids, ["up", "down"])
    assert gradient_flow(model, ids, ["up", "down"]).norms[0, 0, 0].min() > 0


def test_language_model():
    """Lags of a document count from its end, whose probability is the loss."""
    documents = ["abc", "abcabcabc", "ab"]
    model = RNNLanguageModel(4, max_iter=5, random_state=0).fit(documents)
    flow = gradient_flow(model, documents)
    assert flow.n_sequences.tolist() == [3, 3, 3, 2, 1, 1, 1, 1, 1, 1]
    assert flow.truncation_length == 50
    # dL/ds of the last state is (softmax - one) V^T.
    p = model.predict_proba(["ab"]).astype(float)
    p[0, -1] -= 1
    expected = np.linalg.norm(p @ model.output_coef_.T)
    assert flow.norms[0, 0, 2, 0] == pytest.approx(expected, rel=1e-5)


def test_what_is_refused():
    X = ragged()
    y = TASKS[0].targets(X)
    model = TASKS[0].make().fit(X, y)
    pipeline = make_pipeline(StepTransformer(StandardScaler()), model).fit(X, y)
    with pytest.raises(TypeError, match=r"pipeline\[:-1\].transform\(X\)"):
        gradient_flow(pipeline, X, y)
    with pytest.raises(TypeError, match="got StandardScaler"):
        gradient_flow(StandardScaler(), X, y)
    with pytest.raises(ValueError, match="not fitted"):
        gradient_flow(TASKS[0].make(), X, y)
    with pytest.raises(ValueError, match="target y is None"):
        gradient_flow(model, X)
    with pytest.raises(ValueError, match="not among the classes"):
        gradient_flow(model, X, ["left"] * len(X))
    with pytest.raises(ValueError, match="12 sequences, y holds 3"):
        gradient_flow(model, X, y[:3])
    two = RNNRegressor(4, max_iter=1, n_iter_no_change=np.inf).fit(X, np.ones((12, 2)))
    with pytest.raises(ValueError, match="other outputs"):
        gradient_flow(two, X, np.ones(12))
    tagger = RNNTagger(4, max_iter=1, n_iter_no_change=np.inf)
    tagger.fit(X, [np.ones((len(x), 2), int) for x in X])
    with pytest.raises(ValueError, match="other classes"):
        gradient_flow(tagger, X, [np.ones(len(x), int) for x in X])


def test_the_estimator_stays():
    X = ragged()
    y = TASKS[0].targets(X)
    model = TASKS[0].make(class_weight="balanced", truncation_length=2).fit(X, y)
    before = {name: np.copy(value) for name, value in vars(model).items()}
    gradient_flow(model, X, y)
    assert vars(model).keys() == before.keys()
    for name, value in vars(model).items():
        assert np.array_equal(np.copy(value), before[name]), name


class TestDisplay:
    def make(self, **options):
        X = ragged()
        y = TASKS[0].targets(X)
        model = TASKS[0].make(n_layers=2, bidirectional=True, **options).fit(X, y)
        return model, X, y

    def test_the_lines_are_the_medians(self):
        model, X, y = self.make()
        display = GradientFlowDisplay.from_estimator(model, X, y)
        flow = gradient_flow(model, X, y)
        for k, d in np.ndindex(2, 2):
            line = display.lines_[k][d]
            np.testing.assert_array_equal(line.get_xdata(), range(8))
            np.testing.assert_array_equal(line.get_ydata(), flow.median[k, d])
            assert f"layer {k} {('forward', 'backward')[d]}" in line.get_label()
            assert flow.verdicts[k][d].split(" (")[0] in line.get_label()
        assert display.ax_.get_yscale() == "log"
        assert display.cut_ is None
        assert display.figure_ is display.ax_.figure

    @pytest.mark.parametrize(("cut", "is_drawn"), [(3, True), (50, False)])
    def test_the_cut(self, cut, is_drawn):
        model, X, y = self.make(truncation_length=cut)
        display = GradientFlowDisplay.from_estimator(model, X, y)
        assert (display.cut_ is not None) == is_drawn
        if is_drawn:
            assert list(display.cut_.get_xdata()) == [2.5, 2.5]

    def test_on_given_axes(self):
        model, X, y = self.make()
        figure, ax = plt.subplots()
        display = GradientFlowDisplay.from_estimator(model, X, y, ax=ax)
        assert display.ax_ is ax
        assert display.figure_ is figure
        display.plot()
        assert display.ax_ is not ax


def test_without_matplotlib(monkeypatch):
    import sys

    model, X, y = built(1.0)
    flow = gradient_flow(model, X, y)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match="GradientFlowDisplay.plot requires matplotl"):
        GradientFlowDisplay(flow).plot()
