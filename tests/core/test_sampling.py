"""Which token comes next."""

import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import chisquare

from skrnn._core.sampling import Sampler, keep_best

SCORES = np.log([0.05, 0.4, 0.1, 0.25, 0.2])


@pytest.mark.parametrize("shape", [(5,), (3, 5)])
def test_what_is_kept_adds_up_to_one(shape):
    for top_k, top_p, kept in (
        (2, None, [1, 3]),
        (None, 0.5, [1, 3]),
        (None, 0.4, [1]),
        (None, 0.66, [1, 3, 4]),
        (4, 0.85, [1, 3, 4]),
        (9, 1.0, [0, 1, 2, 3, 4]),
        (1, 1.0, [1]),
    ):
        scores = np.broadcast_to(SCORES, shape).copy()
        keep_best(scores, top_k, top_p)
        p = softmax(scores, axis=-1)
        np.testing.assert_allclose(p.sum(axis=-1), 1, rtol=1e-12)
        expected = np.zeros(5)
        expected[kept] = np.exp(SCORES[kept]) / np.exp(SCORES[kept]).sum()
        np.testing.assert_allclose(p, np.broadcast_to(expected, shape), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("offset", [0, 1e4, -1e4])
def test_frequencies(dtype, offset):
    n, p = 20_000, np.exp(SCORES)
    scores = (SCORES + offset).astype(dtype)
    p = softmax(scores.astype(float))
    sampler = Sampler(np.random.default_rng(0))
    one_by_one = [sampler.draw(scores.copy()) for _ in range(n)]
    at_once = Sampler(np.random.default_rng(1)).draw(np.tile(scores, (n, 1)))
    for drawn in (one_by_one, at_once):
        assert chisquare(np.bincount(drawn, minlength=5), n * p).pvalue > 0.001


def test_rows_are_drawn_as_one_by_one():
    scores = np.tile(SCORES, (2000, 1))
    at_once = Sampler(np.random.default_rng(0)).draw(scores.copy())
    sampler = Sampler(np.random.default_rng(0))
    assert [sampler.draw(row) for row in scores] == at_once.tolist()


def test_what_is_impossible_is_never_drawn():
    scores = np.array([-np.inf, 0.0, -np.inf, 0.0, -np.inf])
    sampler = Sampler(np.random.default_rng(0))
    drawn = {int(sampler.draw(scores.copy())) for _ in range(3000)}
    drawn |= set(sampler.draw(np.tile(scores, (3000, 1))).tolist())
    assert drawn == {1, 3}


def test_without_chance():
    assert Sampler(None).draw(SCORES) == 1
    assert Sampler(None).draw(np.stack([SCORES, -SCORES])).tolist() == [1, 0]
