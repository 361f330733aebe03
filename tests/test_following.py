"""A live sequence: the prediction so far is that of the sequence up to there."""

import copy
import pickle

import numpy as np
import pytest
from scipy import sparse

from skrnn import RNNClassifier, RNNRegressor, RNNTagger

from .sequences import ragged, tokens

SMALL = {"hidden_size": 5, "max_iter": 3, "n_iter_no_change": np.inf, "random_state": 0}
X = ragged()
IDS = tokens()
BY_SEQUENCE = [["low", "mid", "high"][i % 3] for i in range(len(X))]
BY_STEP = [np.where(x[:, 0] > 0, "up", "down") for x in X]
LONG = ragged((23,), seed=5)[0]
CHUNKS = [[1] * 23, [23], [5, 1, 1, 9, 7]]
every_chunking = pytest.mark.parametrize("chunks", CHUNKS, ids=["steps", "all", "some"])


def pieces(x, chunks):
    """The next steps of `x`, and where each piece ends."""
    stops = np.cumsum(chunks).tolist()
    return [(x[i:j], j) for i, j in zip([0, *stops], stops)]


@every_chunking
@pytest.mark.parametrize("pooling", ["last", "mean", "max"])
@pytest.mark.parametrize("n_layers", [1, 2])
def test_classifier(pooling, n_layers, chunks):
    model = RNNClassifier(**SMALL, pooling=pooling, n_layers=n_layers)
    model.fit(X, BY_SEQUENCE)
    follower = model.follow()
    for x, stop in pieces(LONG, chunks):
        np.testing.assert_allclose(
            follower.predict_proba(x), model.predict_proba([LONG[:stop]])[0], rtol=1e-10
        )
        assert follower.n_steps_ == stop
    assert model.follow().predict(LONG) == model.predict([LONG])[0]


@every_chunking
@pytest.mark.parametrize("truncation_length", [None, 2])
def test_tagger(truncation_length, chunks):
    model = RNNTagger(**SMALL, n_layers=2, truncation_length=truncation_length)
    model.fit(X, BY_STEP)
    whole, tags = model.predict_proba([LONG])[0], model.predict([LONG])[0]
    assert len(set(tags)) == 2
    by_proba, by_tag = model.follow(), model.follow()
    for x, stop in pieces(LONG, chunks):
        new = slice(stop - len(x), stop)
        np.testing.assert_allclose(by_proba.predict_proba(x), whole[new], rtol=1e-10)
        assert by_tag.predict(x).tolist() == tags[new].tolist()


def test_a_single_step_gives_a_single_prediction():
    tagger = RNNTagger(**SMALL).fit(X, BY_STEP)
    follower = tagger.follow()
    given = [follower.predict(step) for step in LONG]
    assert given == tagger.predict([LONG])[0].tolist()
    assert isinstance(given[0], str)
    classifier = RNNClassifier(**SMALL).fit(X, BY_SEQUENCE)
    assert classifier.follow().predict(LONG[0]) in BY_SEQUENCE


@pytest.mark.parametrize("n_outputs", [1, 2])
@pytest.mark.parametrize("per_step", [False, True])
def test_regressor(per_step, n_outputs):
    y = [x if per_step else x.sum(axis=0) for x in X]
    y = y if n_outputs == 2 else [target[..., 0] for target in y]
    model = RNNRegressor(**SMALL, per_step=per_step).fit(X, y)
    follower = model.follow()
    for t, step in enumerate(LONG, 1):
        expected = model.predict([LONG[:t]])[0]
        expected = expected[-1] if per_step else expected
        np.testing.assert_allclose(follower.predict(step), expected, rtol=1e-10)
    assert not hasattr(follower, "predict_proba")


def test_token_ids():
    model = RNNTagger(**SMALL, embedding_size=3).fit(IDS, IDS)
    x = np.array([1, 5, 2, 99, 0, 3])
    whole = model.predict_proba([x])[0]
    follower = model.follow()
    for t in (0, 1):
        np.testing.assert_allclose(follower.predict_proba(x[t]), whole[t], rtol=1e-5)
    np.testing.assert_allclose(follower.predict_proba(x[2:]), whole[2:], rtol=1e-5)
    pairs = [np.column_stack([ids, ids]) for ids in IDS]
    model = RNNClassifier(**SMALL, embedding_size=3).fit(pairs, BY_SEQUENCE)
    follower = model.follow()
    follower.predict(pairs[1][0])
    follower.predict(pairs[1][1:2])
    np.testing.assert_allclose(
        follower.predict_proba(pairs[1][2:]), model.predict_proba(pairs[1:2])[0], 1e-5
    )


def test_sparse_steps():
    model = RNNTagger(**SMALL).fit([sparse.csr_array(x) for x in X], BY_STEP)
    follower = model.follow()
    for t in range(5):
        given = follower.predict_proba(sparse.csr_array(LONG[t : t + 1]))
        np.testing.assert_allclose(given, model.predict_proba([LONG])[0][t : t + 1])


def test_several_labels_a_step():
    model = RNNTagger(**SMALL).fit(X, [(x > 0).astype(int) for x in X])
    follower = model.follow()
    assert follower.predict(LONG[0]).tolist() == model.predict([LONG])[0][0].tolist()
    np.testing.assert_allclose(
        follower.predict_proba(LONG[1:]), model.predict_proba([LONG])[0][1:]
    )


def test_followers_are_independent_and_can_be_copied():
    model = RNNTagger(**SMALL).fit(X, BY_STEP)
    before = pickle.dumps(model)
    follower, other = model.follow(), model.follow()
    follower.predict(LONG[:10])
    branches = [copy.copy(follower), copy.deepcopy(follower)]
    branches.append(pickle.loads(pickle.dumps(follower)))
    expected = model.predict_proba([LONG])[0][10:]
    other.predict(LONG[:3])
    for branch in (*branches, follower):
        np.testing.assert_allclose(branch.predict_proba(LONG[10:]), expected)
    assert pickle.dumps(model) == before


def test_what_can_not_be_followed():
    model = RNNTagger(**SMALL, bidirectional=True).fit(X, BY_STEP)
    with pytest.raises(ValueError, match="reads each sequence also from its end.*Fit"):
        model.follow()
    follower = RNNTagger(**SMALL).fit(X, BY_STEP).follow()
    with pytest.raises(
        ValueError, match="X has 3 features, but RNNTagger is expecting 2"
    ):
        follower.predict([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"X\[0\] contains NaN at step 1"):
        follower.predict([[1.0, 2.0], [np.nan, 1.0], [1.0, 1.0]])
    with pytest.raises(ValueError, match=r"x has shape \(1, 4, 2\), but a follower"):
        follower.predict(np.ones((1, 4, 2)))
    assert follower.n_steps_ == 0
