"""Measures for sequences of labels, worked out by hand on small cases."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import GridSearchCV

from skrnn import RNNTagger
from skrnn.metrics import (
    flat_accuracy_score,
    flat_accuracy_scorer,
    flat_f1_score,
    flat_f1_scorer,
    sequence_accuracy_score,
    sequence_accuracy_scorer,
    span_f1_score,
    span_f1_scorer,
)

TRUE = [["a", "b", "a"], ["b"], ["a", "a"]]
PREDICTED = [["a", "b", "b"], ["b"], ["b", "a"]]


def test_flat_scores_are_those_of_all_steps_together():
    true, predicted = np.concatenate(TRUE), np.concatenate(PREDICTED)
    assert flat_accuracy_score(TRUE, PREDICTED) == accuracy_score(true, predicted)
    for average in ("weighted", "macro", "micro"):
        expected = f1_score(true, predicted, average=average)
        assert flat_f1_score(TRUE, PREDICTED, average=average) == expected


def test_a_sequence_weight_counts_for_each_of_its_steps():
    twice = flat_accuracy_score(TRUE + TRUE[:1], PREDICTED + PREDICTED[:1])
    assert flat_accuracy_score(TRUE, PREDICTED, sample_weight=[2, 1, 1]) == twice
    without = flat_f1_score(TRUE[1:], PREDICTED[1:])
    assert flat_f1_score(TRUE, PREDICTED, sample_weight=[0, 1, 1]) == without


def test_sequence_accuracy_wants_every_label():
    assert sequence_accuracy_score(TRUE, PREDICTED) == pytest.approx(1 / 3)
    weighted = sequence_accuracy_score(TRUE, PREDICTED, sample_weight=[1, 2, 1])
    assert weighted == 0.5


@pytest.mark.parametrize(
    ("true", "predicted", "expected"),
    [
        (["B-X", "I-X", "O"], ["B-X", "I-X", "O"], 1.0),
        (["B-X", "I-X", "O"], ["B-X", "O", "O"], 0.0),  # ends elsewhere
        (["B-X", "I-X", "O"], ["B-Y", "I-Y", "O"], 0.0),  # another type
        (["B-X", "B-X"], ["B-X", "I-X"], 0.0),  # two spans, not one
        (["I-X", "I-X"], ["B-X", "I-X"], 1.0),  # an I after nothing begins a span
        (["B-X", "I-Y"], ["B-X", "B-Y"], 1.0),  # so does an I of another type
        (["O", "O"], ["O", "O"], 0.0),  # there is no span at all
        (["B-X", "O", "B-Y"], ["B-X", "O", "O"], 2 / 3),
    ],
)
def test_span_f1(true, predicted, expected):
    assert span_f1_score([true], [predicted]) == pytest.approx(expected)


def test_span_f1_by_type():
    true = [["B-X", "B-X", "B-X", "B-Y"]]
    predicted = [["B-X", "B-X", "O", "O"]]
    assert span_f1_score(true, predicted, average=None) == {"X": 0.8, "Y": 0.0}
    assert span_f1_score(true, predicted, average="macro") == pytest.approx(0.4)
    assert span_f1_score(true, predicted, average="weighted") == pytest.approx(0.6)


def test_span_f1_equals_seqeval_figures():
    # Figures of seqeval 1.2.2's f1_score on the same tags.
    true = [["O", "O", "O", "B-MISC", "I-MISC", "I-MISC", "O"], ["B-PER", "I-PER", "O"]]
    predicted = [
        ["O", "O", "B-MISC", "I-MISC", "I-MISC", "I-MISC", "O"],
        ["B-PER", "I-PER", "O"],
    ]
    assert span_f1_score(true, predicted) == 0.5
    assert span_f1_score(true, predicted, average="macro") == 0.5


def test_other_numbers_of_sequences_are_told_apart():
    message = "y_true holds 1 sequences of labels, but y_pred holds 2"
    with pytest.raises(ValueError, match=message):
        flat_accuracy_score([["a"]], [["a"], ["b"]])


def test_tags_that_are_not_bio_are_named():
    with pytest.raises(ValueError, match=r"y_pred\[0\] has the tag 'E-X' at step 1"):
        span_f1_score([["O", "O"]], [["O", "E-X"]])


@pytest.mark.parametrize(
    "score",
    [flat_accuracy_score, flat_f1_score, sequence_accuracy_score, span_f1_score],
)
def test_sequences_of_other_lengths_are_named(score):
    with pytest.raises(ValueError, match=r"y_true\[1\] has shape \(1,\), but y_pred"):
        score([["O"], ["O"]], [["O"], ["O", "O"]])


@pytest.mark.parametrize(
    "scorer",
    [flat_accuracy_scorer, flat_f1_scorer, sequence_accuracy_scorer, span_f1_scorer],
)
def test_scorers_choose_the_better_model_in_a_search(scorer):
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 1)) for n in rng.integers(2, 6, size=40)]
    y = [np.where(x[:, 0] > 0, "B-X", "O") for x in X]
    tagger = RNNTagger(4, max_iter=20, n_iter_no_change=np.inf, random_state=0)
    search = GridSearchCV(
        tagger, {"learning_rate_init": [1e-6, 0.05]}, scoring=scorer, cv=2
    ).fit(X, y)
    assert search.best_params_ == {"learning_rate_init": 0.05}
    assert search.best_score_ > 0.8
