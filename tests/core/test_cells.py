"""Memory of the time loop: laid out once, not once a step."""

import tracemalloc

import numpy as np
import pytest

from ..problems import Problem, architecture, packed


@pytest.mark.parametrize("lengths", [(4, 4, 4), (5, 3, 3, 1)])
def test_previous_states(lengths):
    problem = Problem.draw(architecture(pooling=None), lengths)
    piece, batch = packed(problem)
    network = problem.network()
    recurrence = network.layers[0][0]
    initial = np.random.default_rng(0).normal(size=(len(lengths), 3))
    states = recurrence.forward(batch.x, piece, initial).copy()
    previous = recurrence.tape.previous_states()
    for i in range(len(lengths)):
        own = piece.sequence == i
        np.testing.assert_array_equal(previous[own][0], initial[i])
        np.testing.assert_array_equal(previous[own][1:], states[own][:-1])


def peak_of_second_call(hidden_size, n_sequences=40, **changes):
    """Bytes that a gradient allocates once its buffers are there, and a buffer's."""
    net = architecture(hidden_size=hidden_size, **changes)
    problem = Problem.draw(net, [100] * n_sequences + [50], scale=0.1)
    piece, batch = packed(problem)
    network = problem.network()

    def gradient():
        network.loss_and_gradient(batch.x, piece, batch.y, None, batch.total)

    gradient()
    tracemalloc.start()
    try:
        gradient()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return peak, piece.n_rows * hidden_size * problem.theta.itemsize


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("n_layers", [1, 2])
@pytest.mark.parametrize("pooling", ["last", "mean", "max"])
def test_the_loop_allocates_no_arrays(bidirectional, n_layers, pooling):
    """Only views: a few small objects for each step, of whatever width."""
    changes = {
        "bidirectional": bidirectional,
        "n_layers": n_layers,
        "pooling": pooling,
    }
    peak, _ = peak_of_second_call(16, n_sequences=20, **changes)
    wider_peak, wider_buffer = peak_of_second_call(64, n_sequences=40, **changes)
    assert wider_peak < 1.05 * peak
    assert wider_peak < 0.15 * wider_buffer
