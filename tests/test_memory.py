"""Long sequences: memory is bounded by the segments, not by the sequences."""

import tracemalloc

import numpy as np

from skrnn import RNNClassifier, RNNTagger

N_SEQUENCES, N_FEATURES = 20, 8
MB = 1e6


def extra_of_a_fit(model, n_steps, y):
    """Bytes that a fit adds at its peak, beyond one copy of its input."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((N_SEQUENCES * n_steps, N_FEATURES), dtype=np.float32)
    X = np.split(rows, N_SEQUENCES)
    model.set_params(
        hidden_size=16,
        truncation_length=100,
        max_iter=1,
        n_iter_no_change=np.inf,
        random_state=0,
    )
    tracemalloc.start()
    try:
        model.fit(X, y)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak > rows.nbytes
    return peak - rows.nbytes


def test_tagger():
    """What grows with the sequences is a byte for each label, and little more."""
    extra = {}
    for n_steps in (10_000, 100_000):
        labels = np.random.default_rng(1).integers(0, 3, N_SEQUENCES * n_steps)
        y = np.split(labels, N_SEQUENCES)
        extra[n_steps] = extra_of_a_fit(RNNTagger(), n_steps, y)
        assert extra[n_steps] < 50 * MB
    n_more_steps = N_SEQUENCES * 90_000
    assert extra[100_000] - extra[10_000] < 3 * n_more_steps


def test_classifier():
    """Nothing at all grows where the last state is read."""
    y = np.arange(N_SEQUENCES) % 3
    short, long = (
        extra_of_a_fit(RNNClassifier(), n_steps, y) for n_steps in (10_000, 40_000)
    )
    assert short < 50 * MB
    assert long < short + MB
