"""What the estimators reach on real data: the bounds that must hold."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import clipping
import cmapss
import data
import digits
import ewt
import japanese_vowels
import names
import nottingham
import sentiment

pytestmark = pytest.mark.learning


def needs(name):
    folder = data.folder() / name
    return pytest.mark.skipif(not folder.is_dir(), reason=f"data/{name} is absent")


@needs("japanese_vowels")
@pytest.mark.parametrize("bidirectional", [False, True])
def test_japanese_vowels(bidirectional):
    assert np.mean(japanese_vowels.accuracies(bidirectional)) >= 0.960


@needs("nottingham")
def test_nottingham():
    _, test = nottingham.figures()
    assert test <= 3.60


@needs("nottingham")
def test_clipping():
    """Better with clipping than without, each with the rate that suits it."""
    parts = {
        part: nottingham.next_steps(rolls) for part, rolls in data.nottingham().items()
    }
    losses = {}
    for threshold, momentum, rate in [(None, 0, 0.05), (1.0, 0.9, 1)]:
        model, _ = clipping.train(parts, threshold, momentum, rate, seed=0, n_epochs=10)
        losses[threshold] = nottingham.negative_log_likelihood(model, *parts["test"])
    assert losses[1.0] <= 3.85
    assert losses[1.0] < losses[None] - 0.2


@needs("cmapss")
def test_cmapss():
    assert np.mean(cmapss.errors()) <= 16.5


def test_digits():
    assert digits.accuracies().mean() >= 0.978


@needs("ewt")
def test_ewt():
    _, _, test = ewt.figures()
    assert test >= 0.943


@needs("mr")
def test_sentiment():
    assert np.mean(sentiment.accuracies()) >= 0.770


@needs("names")
def test_names():
    """Better than character n-grams, on the same folds."""
    networks = names.scores(names.make_networks())
    linear = names.scores(names.make_linear(C=10, class_weight="balanced"))
    assert networks.mean() > linear.mean()
