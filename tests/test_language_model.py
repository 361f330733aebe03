"""Text completion: likelihoods, completions, streams."""

import copy
import pickle

import numpy as np
import pytest
from scipy.stats import chisquare
from sklearn.base import clone
from sklearn.callback import ProgressBar
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.utils import estimator_checks

from skrnn import RNNLanguageModel
from skrnn._core.stepping import Stepper
from skrnn._language_model import END

RHYMES = ["hey diddle diddle", "hickory dickory dock", "ding dong dell"]
DOCUMENTS = RHYMES * 8
SMALL = {"hidden_size": 6, "max_iter": 2, "random_state": 0, "dtype": "float64"}
FAST = {"learning_rate_init": 0.02, "random_state": 0}


@pytest.fixture(scope="module")
def trained():
    return RNNLanguageModel(32, max_iter=80, **FAST).fit(DOCUMENTS)


@pytest.fixture(scope="module")
def vague():
    """A model that has hardly learned: many continuations are likely."""
    return RNNLanguageModel(**SMALL, n_layers=2, embedding_size=3).fit(DOCUMENTS)


# -- what it learns ------------------------------------------------------------------


def test_it_learns_its_documents(trained):
    assert trained.perplexity(RHYMES) < 1.2
    assert trained.perplexity(["zzz diddle"]) > 5
    assert trained.complete(["hey", "hic", "di"], temperature=0) == RHYMES


def test_tokens(trained):
    letters = sorted(set("".join(RHYMES)))
    assert trained.tokens_.tolist() == ["<unknown>", *letters, END]
    assert trained.n_outputs_ == len(letters) + 2


@pytest.mark.parametrize("n_layers", [1, 2])
@pytest.mark.parametrize("embedding_size", [None, 4])
@pytest.mark.parametrize("truncation_length", [7, None])
def test_the_state_is_carried_along_a_stream(
    n_layers, embedding_size, truncation_length
):
    """Without any step, the loss in training is that of whole documents."""
    model = RNNLanguageModel(
        **{**SMALL, "max_iter": 1},
        n_layers=n_layers,
        embedding_size=embedding_size,
        truncation_length=truncation_length,
        learning_rate_init=1e-300,
        batch_size=1,
    ).fit([" ".join(RHYMES)])
    assert -model.score([" ".join(RHYMES)]) == pytest.approx(model.loss_, rel=1e-10)


def test_long_documents_are_cut_into_streams_and_short_ones_are_not():
    text = " ".join(RHYMES * 20)
    model = RNNLanguageModel(**SMALL, batch_size=8).fit([text])
    assert model.t_ == 2 * 8
    model = RNNLanguageModel(**SMALL, batch_size=4).fit([text, *DOCUMENTS])
    assert model.t_ == 2 * (len(DOCUMENTS) + 3)
    model = RNNLanguageModel(**SMALL, truncation_length=500, batch_size=8).fit([text])
    assert model.t_ == 2 * 3


def test_early_stopping_keeps_the_best():
    model = RNNLanguageModel(8, max_iter=5, early_stopping=True, **FAST).fit(DOCUMENTS)
    assert len(model.validation_scores_) == model.n_iter_ == 5
    assert model.best_validation_score_ == max(model.validation_scores_)
    assert model.validation_scores_[-1] > model.validation_scores_[0]


# -- likelihoods ---------------------------------------------------------------------


def test_scores_are_the_sums_of_logarithms_along_a_document(vague):
    column = {token: i for i, token in enumerate(vague.tokens_)}
    for document, given in zip(RHYMES, vague.score_samples(RHYMES)):
        prefixes = [document[:t] for t in range(len(document) + 1)]
        p = vague.predict_proba(prefixes)
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-12)
        own = [column[token] for token in [*document, END]]
        assert given == pytest.approx(np.log(p[np.arange(len(own)), own]).sum())


def test_mean_and_perplexity(vague):
    n_tokens = sum(len(document) + 1 for document in RHYMES)
    score = vague.score(RHYMES)
    assert score == pytest.approx(vague.score_samples(RHYMES).sum() / n_tokens)
    assert vague.perplexity(RHYMES) == pytest.approx(np.exp(-score))


def test_each_document_stands_for_itself(vague):
    together = vague.score_samples([*RHYMES, "", "Zz"])
    alone = [vague.score_samples([x])[0] for x in (*RHYMES, "", "Zz")]
    np.testing.assert_allclose(together, alone, rtol=1e-10)
    assert np.isfinite(together).all()


def test_wide_outputs_are_worked_through_in_pieces(vague, monkeypatch):
    whole = vague.score_samples(RHYMES)
    monkeypatch.setattr("skrnn._training.prediction.N_OUTPUTS_FORWARD", 40)
    np.testing.assert_allclose(vague.score_samples(RHYMES), whole, rtol=1e-10)


def test_unknown_symbols_are_the_unknown_token(vague):
    p = vague.predict_proba(["hey Q", "hey Z", "hey"])
    np.testing.assert_array_equal(p[0], p[1])
    assert not np.allclose(p[0], p[2])
    assert vague.complete("hey Q", 5, random_state=0).startswith("hey Q")


def test_predict_is_the_most_likely_token(trained):
    assert trained.predict(["hey d", "hickory", RHYMES[0]]).tolist() == ["i", " ", END]


# -- completions ---------------------------------------------------------------------


def test_temperature_zero_is_the_path_of_the_most_likely_tokens(vague):
    text = "di"
    for _ in range(12):
        p = vague.predict_proba([text])[0]
        p[0] = 0
        if p.argmax() == len(p) - 1:
            break
        text += vague.tokens_[p.argmax()]
    assert vague.complete("di", 12, temperature=0) == text
    assert vague.complete("di", 12, top_k=1, random_state=0) == text
    assert vague.complete("di", 12, top_p=1e-9, random_state=0) == text
    assert vague.complete("di", 12, temperature=1e-3, random_state=0) == text


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_frequencies_are_the_probabilities(vague, temperature):
    n = 20_000
    p = vague.predict_proba(["hick"])[0]
    p[0] = 0  # The unknown token is never drawn.
    p **= 1 / temperature
    p /= p.sum()
    drawn = vague.complete(["hick"] * n, 1, temperature=temperature, random_state=0)
    column = {token: i for i, token in enumerate(vague.tokens_)}
    counts = np.bincount([column[text[4:] or END] for text in drawn], minlength=len(p))
    assert counts[0] == 0
    assert chisquare(counts[1:], n * p[1:]).pvalue > 0.001
    one_by_one = [
        next(vague.stream("hick", temperature=temperature, random_state=i), END)
        for i in range(2000)
    ]
    counts = np.bincount([column[token] for token in one_by_one], minlength=len(p))
    assert chisquare(counts[1:], 2000 * p[1:]).pvalue > 0.001


def test_only_the_best_are_drawn(vague):
    p = vague.predict_proba(["hey "])[0]
    p[0] = 0
    best = set(vague.tokens_[p.argsort()[-3:]])
    drawn = vague.complete(["hey "] * 500, 1, top_k=3, random_state=0)
    assert {text[4:] or END for text in drawn} == best
    nucleus = np.sort(p)[::-1].cumsum() / p.sum()
    drawn = vague.complete(
        ["hey "] * 500, 1, top_p=(nucleus[2] + nucleus[3]) / 2, random_state=0
    )
    fourth = set(vague.tokens_[p.argsort()[-4:]])
    assert {text[4:] or END for text in drawn} == fourth


def test_several_prefixes_are_completed_as_one_by_one(vague):
    prefixes = ["hey", "", "dickory", "d"]
    together = vague.complete(prefixes, 30, temperature=0)
    assert together == [vague.complete(x, 30, temperature=0) for x in prefixes]


def test_the_stream_is_the_completion(vague):
    for seed in range(5):
        text = vague.complete("hey", 40, random_state=seed, temperature=0.8)
        tokens = vague.stream("hey", 40, random_state=seed, temperature=0.8)
        assert "hey" + "".join(tokens) == text


def test_a_token_costs_one_step(vague, monkeypatch):
    n_steps = []
    step = Stepper.step

    def counting(self, ids):
        n_steps.append(ids)
        step(self, ids)

    monkeypatch.setattr(Stepper, "step", counting)
    tokens = vague.stream("hey", random_state=5)
    given = [next(tokens) for _ in range(3)]
    assert len(n_steps) == 2
    assert vague.tokens_[n_steps].tolist() == given[:2]


def test_completions_end_where_the_document_does(trained):
    assert trained.complete("ding", temperature=0) == RHYMES[2]
    assert list(trained.stream("ding dong", temperature=0)) == list(" dell")
    assert trained.complete(RHYMES[0], temperature=0) == RHYMES[0]


def test_stop(trained):
    assert trained.complete("ding", temperature=0, stop=" ") == "ding"
    assert trained.complete("din", temperature=0, stop=[" ", "z"][:1]) == "ding"
    assert "".join(trained.stream("hick", temperature=0, stop=["y", " "])) == "or"
    with pytest.raises(ValueError, match="stop holds 'the', which is none of"):
        trained.complete("ding", stop=["the"])


def test_sample(trained):
    drawn = trained.sample(200, random_state=0)
    assert sum(text in RHYMES for text in drawn) > 150
    assert set(RHYMES) <= set(drawn)
    assert drawn == trained.sample(200, random_state=0)
    assert drawn != trained.sample(200, random_state=1)
    assert max(len(text) for text in trained.sample(5, 4, random_state=0)) == 4


def test_words():
    documents = ["The cat sat, (slowly) here.", "A dog isn't here!"] * 10
    model = RNNLanguageModel(24, analyzer="word", max_iter=30, **FAST).fit(documents)
    assert "isn" in model.tokens_
    assert model.complete("The cat", temperature=0) == documents[0]
    assert model.complete("", temperature=0) in documents
    tokens = model.complete([["A", "dog"]], temperature=0)[0]
    assert tokens == ["A", "dog", "isn", "'", "t", "here", "!"]
    lower = RNNLanguageModel(**SMALL, analyzer="word", lowercase=True).fit(documents)
    assert "the" in lower.tokens_
    assert "The" not in lower.tokens_


def test_lists_of_tokens_and_callables():
    documents = [["C", "G", "Am", "F"], ["F", "G", "C"]] * 10
    model = RNNLanguageModel(16, max_iter=30, **FAST).fit(documents)
    assert model.complete([["C"], ("F",)], temperature=0) == documents[:2]
    assert model.sample(20, random_state=0).count(documents[0]) > 3
    model = RNNLanguageModel(16, analyzer=str.split, max_iter=30, **FAST)
    model.fit([" ".join(chords) for chords in documents])
    assert model.complete(["F G"], temperature=0) == [["F", "G", "C"]]
    assert model.sample(20, random_state=0).count(documents[1]) > 3


def test_rare_tokens_are_unknown_and_never_drawn():
    documents = ["aaab"] * 6 + ["aacb"]
    model = RNNLanguageModel(**SMALL, min_df=2).fit(documents)
    assert model.tokens_.tolist() == ["<unknown>", "a", "b", END]
    assert model.predict_proba(["aa"])[0, 0] > 0.01
    assert set("".join(model.sample(300, 20, random_state=0))) == {"a", "b"}


# -- as an estimator -----------------------------------------------------------------


# check_estimator has data for tables alone and passes over an estimator of text, such
# as CountVectorizer; these need none.
CHECKS = [
    estimator_checks.check_param_validation,
    estimator_checks.check_get_params_invariance,
    estimator_checks.check_set_params,
    estimator_checks.check_no_attributes_set_in_init,
    estimator_checks.check_parameters_default_constructible,
    estimator_checks.check_estimator_repr,
    estimator_checks.check_valid_tag_types,
    estimator_checks.check_mixin_order,
    estimator_checks.check_estimator_cloneable,
    estimator_checks.check_estimator_tags_renamed,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_scikit_learns_checks(check):
    check("RNNLanguageModel", RNNLanguageModel(4, max_iter=2))


def test_grid_search():
    search = GridSearchCV(
        RNNLanguageModel(16, max_iter=30, random_state=0),
        {"learning_rate_init": [1e-6, 0.02]},
        cv=3,
    ).fit(DOCUMENTS)
    assert search.best_params_ == {"learning_rate_init": 0.02}
    assert search.best_score_ > -1.5
    assert search.best_estimator_.perplexity(RHYMES) < 4


def test_nothing_is_changed_by_fit_and_use(vague):
    documents = [list(text) for text in RHYMES]
    given, model = copy.deepcopy(documents), RNNLanguageModel(**SMALL)
    params = model.get_params()
    model.fit(documents)
    assert documents == given
    assert model.get_params() == params
    before = pickle.dumps(vague)
    vague.score(RHYMES), vague.complete("d", 5), list(vague.stream("d", 5))
    assert pickle.dumps(vague) == before


def test_copies_say_the_same(trained):
    for other in (pickle.loads(pickle.dumps(trained)), copy.deepcopy(trained)):
        assert other.score(RHYMES) == trained.score(RHYMES)
    again = clone(trained).fit(DOCUMENTS)
    assert again.loss_curve_ == trained.loss_curve_


def test_going_on():
    model = RNNLanguageModel(**FAST, hidden_size=8, max_iter=3, warm_start=True)
    first = model.fit(DOCUMENTS).loss_
    assert model.fit(DOCUMENTS).loss_ < first
    assert len(model.loss_curve_) == 6
    part = RNNLanguageModel(**FAST, hidden_size=8)
    for _ in range(6):
        part.partial_fit(DOCUMENTS)
    assert part.loss_ < part.loss_curve_[0]
    tokens = part.tokens_.tolist()
    part.partial_fit([["x", "y"]])
    assert part.tokens_.tolist() == tokens


def test_callbacks_and_verbose(capsys):
    model = RNNLanguageModel(**SMALL, verbose=True).set_callbacks(ProgressBar())
    model.fit(DOCUMENTS)
    printed = capsys.readouterr().out
    assert "RNNLanguageModel - fit" in printed
    assert f"Epoch 2: loss {model.loss_:.6f}, gradient norm" in printed


def test_errors(trained):
    with pytest.raises(ValueError, match="string object received. Pass a list"):
        RNNLanguageModel().fit("to be or not to be")
    with pytest.raises(ValueError, match=r"0 sample\(s\): X holds no document"):
        RNNLanguageModel().fit([])
    with pytest.raises(ValueError, match=r"X\[1\] is 3.5, but X holds documents"):
        RNNLanguageModel().fit(["a", 3.5])
    with pytest.raises(ValueError, match="empty vocabulary"):
        RNNLanguageModel().fit(["", ""])
    with pytest.raises(ValueError, match="one token a step, but the tokens .* tuples"):
        RNNLanguageModel().fit([[("a", 1), ("b", 2)]])
    with pytest.raises(NotFittedError):
        RNNLanguageModel().complete("a")
    with pytest.raises(ValueError, match="'max_tokens' parameter of .*complete"):
        trained.complete("a", None)
    with pytest.raises(ValueError, match="'n_samples' parameter of .*sample"):
        trained.sample(0)
    with pytest.raises(ValueError, match="'temperature' parameter of .*complete"):
        trained.complete("a", temperature=-1)
    with pytest.raises(ValueError, match="'top_p' parameter"):
        trained.complete("a", top_p=1.5)
    with pytest.raises(FloatingPointError, match="Lower learning_rate_init"):
        RNNLanguageModel(learning_rate_init=1e30, solver="sgd", activation="relu").fit(
            DOCUMENTS
        )
