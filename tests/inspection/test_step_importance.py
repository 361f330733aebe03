import numpy as np
import pytest
from scipy import sparse
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrnn import RNNClassifier, RNNLanguageModel, RNNRegressor, RNNTagger
from skrnn.inspection import StepImportance, step_importance
from skrnn.preprocessing import StepTransformer

from ..problems import assert_gradient, central_differences
from ..sequences import TASKS, ragged, tokens

X = ragged()
SMALL = {"hidden_size": 4, "max_iter": 4, "n_iter_no_change": np.inf, "random_state": 0}


def three_classes(**params):
    y = np.array(list("abc"))[np.arange(len(X)) % 3]
    return RNNClassifier(**SMALL | params).fit(X, y)


def difference_by_step(score, x):
    """Sum over features of central differences times inputs, by step."""

    def scores(variants):
        return score([v.reshape(x.shape) for v in variants])

    return (central_differences(scores, x.ravel()).reshape(x.shape) * x).sum(axis=1)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_classifier_equals_central_differences(bidirectional):
    model = three_classes(bidirectional=bidirectional, n_layers=2, truncation_length=2)
    predicted = model.predict(X)
    importance = step_importance(model, X)
    assert importance.targets == predicted.tolist()
    np.testing.assert_allclose(
        importance.scores, model.decision_function(X).max(axis=1), rtol=1e-10
    )
    asked = step_importance(model, X, "b")
    assert asked.targets == ["b"] * len(X)
    for target, found in ((predicted, importance), (["b"] * len(X), asked)):
        expected = []
        for x, label in zip(X, target):
            column = list(model.classes_).index(label)
            expected.append(
                difference_by_step(
                    lambda xs, column=column: model.decision_function(xs)[:, column], x
                )
            )
        assert_gradient(np.hstack(found.values), np.hstack(expected))


def test_two_classes_have_opposite_scores():
    task = TASKS[0]
    model = task.make().fit(X, task.targets(X))
    up, down = (step_importance(model, X, label) for label in ("up", "down"))
    np.testing.assert_allclose(up.scores, model.decision_function(X), rtol=1e-10)
    np.testing.assert_allclose(down.scores, -up.scores)
    assert np.linalg.norm(up.values[1]) > 1e-3
    np.testing.assert_allclose(np.hstack(down.values), -np.hstack(up.values))
    expected = difference_by_step(model.decision_function, X[1])
    assert_gradient(up.values[1], expected)
    predicted = step_importance(model, X)
    assert predicted.targets == model.predict(X).tolist()
    assert (predicted.scores >= 0).all()
    each = step_importance(model, X, model.predict(X))
    np.testing.assert_array_equal(np.hstack(each.values), np.hstack(predicted.values))


@pytest.mark.parametrize("step", [-1, 0, -2, 1])
def test_tagger_at_a_step(step):
    task = TASKS[1]
    model = task.make(bidirectional=True).fit(X, task.targets(X))
    longer = [x for x in X if len(x) > 1]
    importance = step_importance(model, longer, step=step)
    for x, values, label in zip(longer, importance.values, importance.targets):
        assert label == model.predict([x])[0][step]
        column = list(model.classes_).index(label)

        def score(xs, column=column):
            p = np.array([of_steps[step] for of_steps in model.predict_proba(xs)])
            return np.log(p[:, column] / p[:, 1 - column])

        assert_gradient(values, difference_by_step(score, x))


def test_regressors():
    model = RNNRegressor(**SMALL, pooling="mean").fit(X, [x.sum() for x in X])
    for x, values in zip(X, step_importance(model, X).values):
        assert_gradient(values, difference_by_step(model.predict, x))
    model = RNNRegressor(**SMALL).fit(X, [x[0] for x in X])
    importance = step_importance(model, X, 1)
    assert_gradient(
        importance.values[1],
        difference_by_step(lambda xs: model.predict(xs)[:, 1], X[1]),
    )
    np.testing.assert_allclose(importance.scores, model.predict(X)[:, 1], rtol=1e-10)
    with pytest.raises(ValueError, match="2 outputs; say by target"):
        step_importance(model, X)
    with pytest.raises(ValueError, match="target holds 2, which is none of 0, 1"):
        step_importance(model, X, 2)


def test_several_labels_at_once():
    y = np.column_stack([np.arange(len(X)) % 2, np.arange(len(X)) % 3 == 0])
    model = RNNClassifier(**SMALL).fit(X, y)
    importance = step_importance(model, X, 0)
    np.testing.assert_allclose(
        importance.scores, model.decision_function(X)[:, 0], rtol=1e-10
    )
    highest = model.decision_function(X).argmax(axis=1)
    assert step_importance(model, X).targets == highest.tolist()


def without_biases(model):
    for letter in model.intercepts_:
        for b in letter:
            b[...] = 0
    model.output_intercept_[...] = 0
    return model


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("pooling", ["last", "mean"])
@pytest.mark.parametrize("embedding_size", [None, 3])
def test_a_linear_network_is_explained_completely(
    bidirectional, pooling, embedding_size
):
    sequences = X if embedding_size is None else tokens()
    y = np.arange(len(X)) % 3
    model = RNNClassifier(
        activation="identity",
        n_layers=2,
        bidirectional=bidirectional,
        pooling=pooling,
        embedding_size=embedding_size,
        dtype="float64",
        **SMALL,
    )
    model = without_biases(model.fit(sequences, y))
    importance = step_importance(model, sequences, 1)
    scores = model.decision_function(sequences)[:, 1]
    assert np.abs(scores).max() > 0.1
    np.testing.assert_allclose(
        [values.sum() for values in importance.values], scores, rtol=1e-9, atol=1e-12
    )


def test_sparse_sequences():
    model = three_classes()
    dense = step_importance(model, X, "a")
    some = step_importance(model, [sparse.csr_array(x) for x in X], "a")
    np.testing.assert_allclose(np.hstack(some.values), np.hstack(dense.values))


@pytest.mark.parametrize("embedding_size", [None, 3])
def test_language_model(embedding_size):
    model = RNNLanguageModel(
        4, activation="identity", embedding_size=embedding_size, random_state=0
    )
    model = without_biases(model.fit(["abc", "abab"]))
    importance = step_importance(model, ["ab", "axb"])
    assert importance.tokens == [["<end>", "a", "b"], ["<end>", "a", "<unknown>", "b"]]
    assert importance.targets == model.predict(["ab", "axb"]).tolist()
    p = model.predict_proba(["ab"])[0]
    asked = [step_importance(model, ["ab"], token) for token in "ac"]
    log_odds = np.subtract(*(one.values[0].sum() for one in asked))
    a, c = (list(model.tokens_).index(token) for token in "ac")
    assert log_odds == pytest.approx(np.log(p[a] / p[c]), rel=1e-4)
    assert step_importance(model, ["ab"], step=1).values[0][2] == 0


def test_batches_do_not_matter(monkeypatch):
    model = three_classes(bidirectional=True)
    whole = step_importance(model, X)
    monkeypatch.setattr("skrnn.inspection._fitted.N_ROWS_PROBED", 9)
    pieces = step_importance(model, X)
    np.testing.assert_allclose(
        np.hstack(pieces.values), np.hstack(whole.values), rtol=1e-10
    )
    np.testing.assert_allclose(pieces.scores, whole.scores, rtol=1e-10)
    assert pieces.targets == whole.targets


def test_what_is_refused():
    model = three_classes()
    y = TASKS[1].targets(X)
    tagger = TASKS[1].make().fit(X, y)
    pipeline = make_pipeline(StepTransformer(StandardScaler()), RNNTagger(**SMALL))
    with pytest.raises(TypeError, match=r"pipeline\[:-1\]"):
        step_importance(pipeline.fit(X, y), X)
    with pytest.raises(ValueError, match="not fitted"):
        step_importance(RNNTagger(), X)
    with pytest.raises(ValueError, match="holds 'd', which is none of 'a', 'b', 'c'"):
        step_importance(model, X, "d")
    with pytest.raises(ValueError, match="holds 2 labels, but X 12 sequences"):
        step_importance(model, X, ["a", "b"])
    with pytest.raises(ValueError, match="one output for the whole sequence"):
        step_importance(model, X, step=0)
    with pytest.raises(ValueError, match=r"step=3, but X\[0\] has 3 steps"):
        step_importance(tagger, X, step=3)
    with pytest.raises(ValueError, match=r"step=-2, but X\[2\] has 1 steps"):
        step_importance(tagger, X, step=-2)
    with pytest.raises(ValueError, match="to be an integer"):
        step_importance(tagger, X, step=0.5)
    with pytest.raises(ValueError, match="for each of the 12 sequences"):
        step_importance(model, X, tokens=["abc"])
    with pytest.raises(ValueError, match=r"tokens\[1\] has 3 tokens, but X\[1\] has 7"):
        step_importance(model, X[:2], tokens=["abc", "abc"])


def made(tokens, values, target="up"):
    return StepImportance([np.array(values)], [tokens], [target], np.array([1.5]))


class TestText:
    def test_values_stand_under_their_tokens(self):
        assert str(made(["not", "bad", " "], [0.015, -1.26, 0])) == (
            "target 'up', score 1.5\n  not   bad   ' '\n+0.01 -1.26 +0.00"
        )

    @pytest.mark.parametrize(
        ("values", "line"),
        [
            ([123.4, -0.4], " +123   -0"),
            ([0.00123, -0.001], "+0.00123 -0.00100"),
            ([1e-9, -5e-10], "+1e-09 -5e-10"),
            ([0.0, 0.0], "+0.00 +0.00"),
        ],
    )
    def test_three_digits(self, values, line):
        assert str(made(["a", "b"], values)).split("\n")[2].split() == line.split()

    def test_long_sequences_are_wrapped(self):
        importance = made([f"t{i}" for i in range(100)], np.linspace(-1, 1, 100))
        lines = str(importance).split("\n")
        assert max(map(len, lines)) <= 79
        assert " ".join(lines[1::3]).split() == [f"t{i}" for i in range(100)]
        shown = [float(number) for number in " ".join(lines[2::3]).split()]
        np.testing.assert_allclose(shown, importance.values[0], atol=0.005)

    def test_of_many_sequences_some(self):
        importance = step_importance(three_classes(), X)
        assert str(importance).count("target") == 10
        assert str(importance).endswith("\n\nand 2 more")
        assert importance._repr_html_().endswith("<p>and 2 more</p>")
        # Without tokens the steps are numbered.
        assert str(importance).split("\n")[1].split() == ["0", "1", "2"]

    def test_colours_go_by_sign_and_size(self):
        html = made(["up", "down", "none"], [0.5, -1.0, 0.0])._repr_html_()
        spans = html.split("<span")[1:]
        assert "rgba(0, 114, 178, 0.35)" in spans[0]
        assert 'title="+0.5"' in spans[0]
        assert "rgba(213, 94, 0, 0.70)" in spans[1]
        assert "0.00)" in spans[2]
        assert ">up</span> <span" in html
        zero = made(["a"], [0.0])._repr_html_()
        assert "0.00)" in zero

    def test_tokens_are_escaped(self):
        importance = made(["<script>", "&", '"'], [1.0, 2.0, 3.0], target="<b>")
        html = importance._repr_html_()
        assert "&lt;script&gt;" in html
        assert "&lt;b&gt;" in html
        assert ">&amp;<" in html
        assert "<script" not in html

    def test_characters_run_on(self):
        html = made(["<end>", "a", " ", "\n"], [1.0, 2.0, 3.0, 4.0])._repr_html_()
        assert "</span> <span" not in html
        assert "pre-wrap" in html
        assert "'\\n'" in str(made(["a", "\n"], [1.0, 2.0]))
