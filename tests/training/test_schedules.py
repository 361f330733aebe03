import pytest

from skrnn._training.schedules import Adaptive, Constant, Cosine, InvScaling


def rates(schedule, n_epochs=10, n_sequences=50):
    found = []
    for epoch in range(n_epochs):
        schedule.advance(epoch / n_epochs, epoch * n_sequences)
        found.append(schedule.rate)
    return found


def test_constant():
    schedule = Constant(0.1)
    assert rates(schedule) == [0.1] * 10
    assert not schedule.on_stall()


def test_invscaling():
    found = rates(InvScaling(0.1, 0.5))
    assert found[0] == 0.1
    assert found[1] == pytest.approx(0.1 / 51**0.5)
    assert found[9] == pytest.approx(0.1 / 451**0.5)
    assert rates(InvScaling(0.1, 0)) == [0.1] * 10
    assert not InvScaling(0.1, 0.5).on_stall()


def test_adaptive():
    schedule = Adaptive(0.1)
    assert rates(schedule) == [0.1] * 10
    assert schedule.on_stall()
    assert rates(schedule) == [pytest.approx(0.02)] * 10
    n_stalls = 1
    while schedule.on_stall():
        n_stalls += 1
    assert schedule.rate <= 1e-6
    # 0.1 / 5^8 is the first below 1e-6.
    assert n_stalls == 8


def test_cosine():
    schedule = Cosine(0.1)
    found = rates(schedule)
    assert found[0] == 0.1
    assert found[5] == pytest.approx(0.05)
    assert sorted(found, reverse=True) == found
    schedule.advance(1, 500)
    assert schedule.rate == pytest.approx(0, abs=1e-15)
    assert not schedule.on_stall()
