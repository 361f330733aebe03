"""Documents as sequences of token ids."""

import pickle
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks

from skrnn import RNNClassifier, RNNTagger
from skrnn.preprocessing import TokenEncoder

DOCUMENTS = ["The cat sat.", "A dog sat!", "the Dog, I say"]


def as_lists(X):
    return [ids.tolist() for ids in X]


def test_words():
    encoder = TokenEncoder().fit(DOCUMENTS)
    tokens = ["!", ",", ".", "a", "cat", "dog", "i", "sat", "say", "the"]
    assert encoder.vocabulary_ == {token: i for i, token in enumerate(tokens, start=1)}
    assert encoder.get_feature_names_out().tolist() == ["<unknown>", *tokens]
    assert encoder.n_tokens_ == 11
    assert encoder.n_ids_ == 1
    X = encoder.transform(["the CAT, and", "dog"])
    assert as_lists(X) == [[10, 5, 2, 0], [6]]
    assert all(ids.dtype == np.int32 for ids in X)
    assert encoder.inverse_transform(X) == [["the", "cat", ",", "<unknown>"], ["dog"]]


def test_words_of_an_own_pattern():
    encoder = TokenEncoder(token_pattern=r"\S+", lowercase=False).fit(DOCUMENTS)
    assert "sat." in encoder.vocabulary_
    assert encoder.inverse_transform(encoder.transform(["The cat"])) == [["The", "cat"]]


def test_characters_keep_their_white_space():
    text = "To be,\n\n  or\tnot"
    encoder = TokenEncoder(analyzer="char", lowercase=False).fit([text])
    (tokens,) = encoder.inverse_transform(encoder.transform([text]))
    assert "".join(tokens) == text
    lower = TokenEncoder(analyzer="char").fit([text])
    assert "".join(lower.inverse_transform(lower.transform([text]))[0]) == text.lower()


def test_lists_of_tokens_are_taken_as_they_are():
    documents = [["New York", "is", "BIG"], ("is", 3), np.array(["is", "it"])]
    encoder = TokenEncoder(analyzer="char")
    with pytest.raises(TypeError):
        encoder.fit(documents)  # Numbers and strings can't be sorted.
    documents[1] = ("is", "3")
    X = encoder.fit_transform(documents)
    assert encoder.inverse_transform(X) == [list(document) for document in documents]


def test_a_callable_is_given_every_document():
    encoder = TokenEncoder(analyzer=lambda document: document["text"].split("-"))
    X = encoder.fit_transform([{"text": "b-a"}, {"text": "A"}])
    assert as_lists(X) == [[3, 2], [1]]


def test_rare_tokens_are_unknown():
    documents = ["a a b", "a c", "b a"]
    assert set(TokenEncoder(min_df=2).fit(documents).vocabulary_) == {"a", "b"}
    assert set(TokenEncoder(min_df=0.9).fit(documents).vocabulary_) == {"a"}
    encoder = TokenEncoder(max_features=1)
    assert as_lists(encoder.fit_transform(documents)) == [[1, 1, 0], [1, 0], [0, 1]]


@pytest.mark.parametrize("vocabulary", [["b", "a"], {"b": 1, "a": 2}])
def test_a_given_vocabulary(vocabulary):
    encoder = TokenEncoder(vocabulary=vocabulary)
    assert as_lists(encoder.fit_transform(["a b c"])) == [[2, 1, 0]]
    again = TokenEncoder(vocabulary=encoder.vocabulary_).fit(["c"])
    assert again.vocabulary_ == {"b": 1, "a": 2}


def features(document):
    return [(word, word[-1:]) for word in document.split()]


def test_several_ids_a_step():
    encoder = TokenEncoder(analyzer=features).fit(["dogs s", "cats"])
    assert encoder.n_ids_ == 2
    assert encoder.vocabulary_ == {
        (0, "cats"): 1,
        (0, "dogs"): 2,
        (0, "s"): 3,
        (1, "s"): 4,
    }
    X = encoder.transform(["cats s", "as"])
    assert as_lists(X) == [[[1, 4], [3, 4]], [[0, 4]]]
    assert encoder.inverse_transform(X)[1] == [("<unknown>", "s")]
    assert encoder.get_feature_names_out()[[0, 4]].tolist() == ["<unknown>", "1=s"]
    assert encoder.transform([""])[0].tolist() == [[0, 0]]
    assert set(
        TokenEncoder(analyzer=features, min_df=2).fit(["as", "is"]).vocabulary_
    ) == {(1, "s")}


def test_tokens_of_different_length():
    documents = [[("a", "b")], [("a", "b"), ("a",)]]
    with pytest.raises(ValueError, match=r"X\[1\] has 1 features at step 1, but 2 are"):
        TokenEncoder().fit(documents)
    encoder = TokenEncoder().fit(documents[:1])
    with pytest.raises(ValueError, match=r"X\[0\] has 1 features at step 0, but 2 are"):
        encoder.transform([["a"]])


def test_a_document_without_tokens_is_one_unknown_token():
    encoder = TokenEncoder().fit(DOCUMENTS)
    assert as_lists(encoder.transform(["", "  ", "cat"])) == [[0], [0], [5]]
    assert as_lists(encoder.encode(["", "cat"])) == [[], [5]]
    assert as_lists(encoder.fit_transform(["", "cat"])) == [[0], [1]]


@pytest.mark.parametrize(
    "container",
    [tuple, pd.Series, iter, lambda X: np.array(X, dtype=object), np.array],
)
def test_every_iterable(container):
    expected = TokenEncoder().fit_transform(DOCUMENTS)
    for ids, given_ids in zip(
        expected, TokenEncoder().fit_transform(container(DOCUMENTS)), strict=True
    ):
        np.testing.assert_array_equal(ids, given_ids)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.lists(st.text(max_size=4), min_size=1), min_size=1))
def test_there_and_back(documents):
    encoder = TokenEncoder()
    assert encoder.inverse_transform(encoder.fit_transform(documents)) == documents


def test_each_document_is_analyzed_once():
    seen = []

    def analyzer(document):
        seen.append(document)
        return document.split()

    TokenEncoder(analyzer=analyzer).fit_transform(DOCUMENTS)
    assert seen == DOCUMENTS


def test_copies():
    encoder = TokenEncoder(min_df=2, analyzer="char").fit(DOCUMENTS)
    for other in (pickle.loads(pickle.dumps(encoder)), clone(encoder).fit(DOCUMENTS)):
        assert other.vocabulary_ == encoder.vocabulary_


def test_errors():
    with pytest.raises(ValueError, match="string object received. Pass a list"):
        TokenEncoder().fit("one text")
    with pytest.raises(ValueError, match=r"0 sample\(s\): X holds no document"):
        TokenEncoder().fit([])
    with pytest.raises(ValueError, match="data frame.* Pass the column"):
        TokenEncoder().fit(pd.DataFrame({"text": DOCUMENTS}))
    with pytest.raises(ValueError, match=r"X\[1\] is 3, but X holds documents"):
        TokenEncoder().fit(["a", 3])
    with pytest.raises(ValueError, match=r"X\[1\] holds ndarray at step 0, but tokens"):
        TokenEncoder().fit([["a", 3], np.ones((4, 2))])
    with pytest.raises(ValueError, match="empty vocabulary: no document in X has a"):
        TokenEncoder().fit(["", " "])
    with pytest.raises(ValueError, match="no terms remain"):
        TokenEncoder(min_df=2).fit(["a", "b"])
    with pytest.raises(ValueError, match="id 0, which is the unknown token"):
        TokenEncoder(vocabulary={"a": 0, "b": 1}).fit(["a"])
    with pytest.raises(ValueError, match="repeated indices"):
        TokenEncoder(vocabulary={"a": 1, "b": 1}).fit(["a"])
    with pytest.raises(NotFittedError):
        TokenEncoder().transform(["a"])


# check_estimator has data for tables alone and passes over a transformer of text, such
# as CountVectorizer; these need none.
@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_param_validation,
        estimator_checks.check_get_params_invariance,
        estimator_checks.check_set_params,
        estimator_checks.check_no_attributes_set_in_init,
        estimator_checks.check_parameters_default_constructible,
        estimator_checks.check_estimator_repr,
        estimator_checks.check_estimator_cloneable,
        estimator_checks.check_estimator_tags_renamed,
        estimator_checks.check_valid_tag_types,
        estimator_checks.check_mixin_order,
    ],
    ids=lambda check: check.__name__,
)
def test_scikit_learns_checks(check):
    check("TokenEncoder", TokenEncoder())


# -- in front of the networks ----------------------------------------------------------

REVIEWS = [
    " ".join(np.random.default_rng(i).permutation([word, *"the film is so".split()]))
    for i in range(60)
    for word in (("good", "fine"), ("bad", "dull"))[i % 2][: 1 + i // 30]
]
MOODS = [int(bool(re.search("good|fine", review))) for review in REVIEWS]


def test_sentiment_in_a_search():
    model = make_pipeline(
        TokenEncoder(),
        RNNClassifier(
            8,
            embedding_size=4,
            pooling="mean",
            max_iter=30,
            learning_rate_init=0.02,
            n_iter_no_change=np.inf,
            token_dropout=0.1,
            random_state=0,
        ),
    )
    search = GridSearchCV(model, {"tokenencoder__max_features": [1, None]}, cv=3)
    search.fit(REVIEWS, MOODS)
    assert search.best_params_ == {"tokenencoder__max_features": None}
    assert search.best_score_ > 0.95
    assert search.predict(["so GOOD", "a bad, bad film"]).tolist() == [1, 0]


def test_tagging_with_several_ids_a_step():
    sentences = ["dogs run", "a dog runs", "cats sleep", "the cat sleeps"] * 10
    tags = [[word.endswith("s") for word in sentence.split()] for sentence in sentences]
    model = make_pipeline(
        TokenEncoder(analyzer=features, min_df=2),
        RNNTagger(
            8,
            embedding_size=4,
            max_iter=30,
            learning_rate_init=0.02,
            n_iter_no_change=np.inf,
            random_state=0,
        ),
    ).fit(sentences, tags)
    assert model.score(sentences, tags) > 0.95
    # Unknown words, told by their suffix.
    assert model.predict(["bats fly"])[0].tolist() == [True, False]
