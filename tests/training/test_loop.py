import re

import numpy as np
import pytest

from skrnn._core.transforms import Adam, Chain, ClipByNorm, Momentum
from skrnn._training import loop
from skrnn._training.batches import bounded_batches
from skrnn._training.loop import StochasticTrainer, check_finite, fit_lbfgs
from skrnn._training.monitor import Monitor
from skrnn._training.pieces import gradients
from skrnn._training.schedules import Adaptive, Constant, Cosine

from ..problems import Problem, architecture

LENGTHS = [3, 6, 1, 5, 3, 2, 4, 4, 2, 6]


def make_monitor(**options):
    defaults = {
        "tol": 1e-4,
        "n_iter_no_change": np.inf,
        "validate": None,
        "verbose": False,
    }
    return Monitor(**{**defaults, **options})


def make_trainer(problem, rate=0.1, clip=None, **options):
    network = problem.network()
    solver = options.pop("solver", None) or Momentum(rate, 0.0, False)
    transform = Chain(ClipByNorm(clip), solver) if clip else Chain(solver)
    transform.init(network.theta.size, network.theta.dtype)
    defaults = {
        "alpha": 0.0,
        "batch_size": 4,
        "shuffle": True,
        "schedule": Constant(rate),
        "rng": np.random.default_rng(0),
    }
    return StochasticTrainer(
        network,
        problem.data,
        transform=transform,
        solver=solver,
        **{**defaults, **options},
    )


def fit(trainer, n_epochs, **options):
    monitor = make_monitor(**options)
    has_converged = trainer.fit(n_epochs, monitor)
    return monitor, has_converged


@pytest.mark.parametrize("head", ["softmax", "logistic", "identity"])
@pytest.mark.parametrize("pooling", [None, "last", "mean", "max"])
@pytest.mark.parametrize("truncation_length", [None, 2])
def test_the_loss_falls(head, pooling, truncation_length):
    net = architecture(
        head=head,
        pooling=pooling,
        truncation_length=truncation_length,
        hidden_size=6,
    )
    problem = Problem.draw(net, LENGTHS)
    monitor, _ = fit(
        make_trainer(problem, 0.03, solver=Adam(0.03, 0.9, 0.999, 1e-8), clip=1.0), 40
    )
    losses = monitor.history.loss
    assert losses[-1] < 0.8 * losses[0]
    assert len(losses) == monitor.n_iter == 40
    assert monitor.history.n_seen == 400


def test_an_epoch_is_an_update_a_batch():
    """By hand: batches in the order of the data, each with its own mean and penalty."""
    problem = Problem.draw(architecture(), LENGTHS, weighted=True)
    trainer = make_trainer(problem, 0.5, clip=0.1, alpha=0.2, shuffle=False)
    monitor, _ = fit(trainer, 1)
    network = problem.network()
    losses, totals, norms = [], [], []
    for members in ([0, 1, 2, 3], [4, 5, 6, 7], [8, 9]):
        lengths = problem.data.X.lengths[members]
        members = np.array(members)[np.argsort(-lengths, kind="stable")]
        ((loss, total),) = gradients(network, problem.data, members)
        losses.append(loss + network.penalty(0.2, total))
        totals.append(total)
        norms.append(np.linalg.norm(network.grad))
        assert norms[-1] > 0.1
        network.theta -= 0.5 * 0.1 * network.grad / norms[-1]
    np.testing.assert_allclose(trainer.network.theta, network.theta, rtol=1e-10)
    assert monitor.history.clip_fraction == [1.0]
    assert monitor.history.loss == [pytest.approx(np.average(losses, weights=totals))]
    # Before clipping.
    assert monitor.history.grad_norm == [pytest.approx(np.mean(norms))]


def test_the_share_of_clipped_updates():
    """As many as there are gradients above the threshold, epoch by epoch."""
    problem = Problem.draw(architecture(), LENGTHS)
    trainer = make_trainer(problem, clip=np.inf, batch_size=2)
    norms = []
    update = trainer.transform.update

    def note(grad, theta, rows):
        norms.append(np.linalg.norm(grad))
        return update(grad, theta, rows)

    trainer.transform.update = note
    trainer.transform.transforms[0].threshold = threshold = 1.0
    monitor, _ = fit(trainer, 3)
    is_above = np.reshape(norms, (3, 5)) > threshold
    assert 0 < is_above.sum() < 15
    assert monitor.history.clip_fraction == is_above.mean(axis=1).tolist()


def test_an_update_a_segment():
    net = architecture(pooling=None, truncation_length=2)
    problem = Problem.draw(net, LENGTHS)
    trainer = make_trainer(problem, batch_size=10, shuffle=False)
    n_updates = 0
    update = trainer.transform.update

    def count(*arguments):
        nonlocal n_updates
        n_updates += 1
        return update(*arguments)

    trainer.transform.update = count
    fit(trainer, 2)
    assert n_updates == 2 * 3


def test_determined_by_the_generator():
    net = architecture(dropout=0.3, n_layers=2)
    problem = Problem.draw(net, LENGTHS)

    def theta(seed, **options):
        trainer = make_trainer(problem, rng=np.random.default_rng(seed), **options)
        fit(trainer, 3)
        return trainer.network.theta

    np.testing.assert_array_equal(theta(0), theta(0))
    assert not np.array_equal(theta(0), theta(1))
    # Without shuffling there is still the dropout to draw.
    assert not np.array_equal(theta(0, shuffle=False), theta(1, shuffle=False))


def test_the_schedule_sets_the_rate():
    problem = Problem.draw(architecture(), LENGTHS)
    trainer = make_trainer(problem, schedule=Cosine(0.1))
    rates = []
    update = trainer.transform.update

    def note(*arguments):
        rates.append(trainer.solver.learning_rate)
        return update(*arguments)

    trainer.transform.update = note
    fit(trainer, 4)
    assert rates[0] == 0.1
    assert len(rates) == 12
    assert len(set(rates)) == 4
    assert sorted(rates, reverse=True) == rates


def test_stalling_ends_or_lowers_the_rate():
    problem = Problem.draw(architecture(), LENGTHS)
    monitor, has_converged = fit(
        make_trainer(problem, 1e-9), 100, n_iter_no_change=3, tol=0.1
    )
    assert has_converged
    assert monitor.n_iter == 5
    monitor, has_converged = fit(make_trainer(problem, 1e-9), 4, n_iter_no_change=3)
    assert not has_converged
    adaptive = make_trainer(problem, schedule=Adaptive(2e-5))
    monitor, has_converged = fit(adaptive, 100, n_iter_no_change=3, tol=0.1)
    assert has_converged
    # 5 epochs, then 4 each at a fifth of the rate, and again.
    assert monitor.n_iter == 5 + 4 + 4
    assert adaptive.solver.learning_rate == pytest.approx(8e-7)


class StopAfter:
    def __init__(self, n_epochs):
        self.n_epochs = n_epochs

    def begin_epoch(self):
        self.n_epochs -= 1

    def end_epoch(self, report):
        return self.n_epochs == 0


def test_a_hook_ends_it():
    problem = Problem.draw(architecture(), LENGTHS)
    monitor, has_converged = fit(make_trainer(problem), 10, hooks=StopAfter(3))
    assert has_converged
    assert monitor.n_iter == 3
    monitor = make_monitor(hooks=StopAfter(3))
    network = problem.network()
    assert fit_lbfgs(
        network, problem.data, alpha=0.0, max_iter=10, tol=1e-9, monitor=monitor
    )
    assert monitor.n_iter == 3


def diverging(n_updates, **options):
    """A trainer whose loss is infinite after so many updates, and its norms so far.

    There are three updates in an epoch; those before the last one move nothing.
    """
    problem = Problem.draw(architecture(head="identity"), LENGTHS)
    trainer = make_trainer(problem, **options)
    norms = []

    def explode(grad, theta, rows):
        norms.append(np.linalg.norm(grad))
        if len(norms) == n_updates:
            theta.fill(1e200)
        return False

    trainer.transform.update = explode
    return trainer, norms


@pytest.mark.parametrize(("n_updates", "epoch"), [(1, 1), (2, 1), (3, 2), (4, 2)])
def test_divergence_names_the_epoch_and_the_last_norm(n_updates, epoch):
    trainer, norms = diverging(n_updates)
    with (
        np.errstate(all="ignore"),
        pytest.raises(FloatingPointError, match=f"epoch {epoch}:") as error,
    ):
        fit(trainer, 5)
    assert f"{norms[-1]:.3g}" in str(error.value)
    for remedy in ("learning_rate_init", "clip_threshold", "truncation_length"):
        assert remedy in str(error.value)


def test_divergence_at_once():
    problem = Problem.draw(architecture(head="identity"), LENGTHS)
    problem.theta.fill(1e200)
    with (
        np.errstate(all="ignore"),
        pytest.raises(FloatingPointError, match="epoch 1:.*none yet"),
    ):
        fit(make_trainer(problem), 5)


@pytest.mark.parametrize(
    ("loss", "norm"), [(np.nan, 1.0), (np.inf, 1.0), (1.0, np.inf), (1.0, np.nan)]
)
def test_check_finite(loss, norm):
    check_finite(1.0, 1e300, None, 1, "Lower it.")
    with pytest.raises(FloatingPointError, match=re.escape(f"{loss:g}")):
        check_finite(loss, norm, 0.5, 3, "Lower it.")


class TestLBFGS:
    def fit(self, problem, **options):
        network = problem.network()
        monitor = make_monitor()
        defaults = {"alpha": 0.01, "max_iter": 30, "tol": 1e-6, "monitor": monitor}
        has_converged = fit_lbfgs(network, problem.data, **{**defaults, **options})
        return network, monitor, has_converged

    @pytest.mark.parametrize("head", ["softmax", "logistic", "identity"])
    @pytest.mark.parametrize("pooling", [None, "max"])
    def test_the_loss_falls(self, head, pooling):
        net = architecture(head=head, pooling=pooling)
        problem = Problem.draw(net, LENGTHS, weighted=True)
        network, monitor, _ = self.fit(problem)
        losses = monitor.history.loss
        total = problem.data.total_weight()

        def loss(network):
            some = Problem(net, network.theta, problem.data)
            return some.twin_loss() + network.penalty(0.01, total)

        assert losses[-1] < 0.9 * loss(problem.network())
        assert losses == sorted(losses, reverse=True)
        assert loss(network) == pytest.approx(losses[-1], rel=1e-9)

    def test_convergence(self):
        problem = Problem.draw(architecture(head="identity"), LENGTHS)
        *_, has_converged = self.fit(problem, max_iter=2)
        assert not has_converged
        _, monitor, has_converged = self.fit(problem, max_iter=500, tol=1e-2)
        assert has_converged
        assert monitor.n_iter < 500

    @pytest.mark.parametrize("pooling", [None, "last", "mean"])
    @pytest.mark.parametrize("truncation_length", [None, 2])
    def test_its_gradient_is_the_sum_over_batches(
        self, pooling, truncation_length, monkeypatch
    ):
        net = architecture(pooling=pooling, truncation_length=truncation_length)
        problem = Problem.draw(net, LENGTHS, weighted=True)
        monkeypatch.setattr(loop, "N_ROWS_FORWARD", 10)
        seen = []

        def minimize(objective, start, **options):
            loss, grad = objective(start)
            seen.append((loss, grad.copy()))
            raise KeyboardInterrupt

        monkeypatch.setattr(loop, "minimize", minimize)
        with pytest.raises(KeyboardInterrupt):
            self.fit(problem)
        ((loss, grad),) = seen
        network = problem.network()
        total = problem.data.total_weight()
        whole, expected, _ = problem.worked_through()
        network.grad.fill(0)
        whole += network.penalty(0.01, total)
        assert loss == pytest.approx(whole, rel=1e-12)
        np.testing.assert_allclose(
            grad, expected + network.grad, rtol=1e-10, atol=1e-14
        )
        n_steps = net.truncation_length if net.can_walk else None
        n_batches = len(bounded_batches(problem.data.X.lengths, 10, n_steps))
        assert n_batches > 1

    @pytest.mark.parametrize("pooling", [None, "last", "mean"])
    @pytest.mark.parametrize("truncation_length", [None, 5])
    def test_memory_is_bounded(self, pooling, truncation_length, monkeypatch):
        """No more steps at once than the bound, where sequences are shorter."""
        net = architecture(pooling=pooling, truncation_length=truncation_length)
        problem = Problem.draw(net, [200] * 4, scale=0.1)
        monkeypatch.setattr(loop, "N_ROWS_FORWARD", 512)
        monkeypatch.setattr("skrnn._core.network.N_ROWS_FORWARD", 512)
        sizes, gather = [], type(problem.data).gather

        def spy(data, members, piece, workspace):
            sizes.append(piece.n_rows)
            return gather(data, members, piece, workspace)

        monkeypatch.setattr(type(problem.data), "gather", spy)
        self.fit(problem, max_iter=1)
        assert max(sizes) <= 512

    def test_float32(self):
        problem = Problem.draw(architecture(), LENGTHS, dtype=np.float32)
        network, monitor, _ = self.fit(problem)
        assert network.theta.dtype == np.float32
        assert monitor.history.loss[-1] < 0.9 * monitor.history.loss[0]

    def test_divergence(self):
        problem = Problem.draw(architecture(head="identity"), LENGTHS)
        problem.theta.fill(1e200)
        with (
            np.errstate(all="ignore"),
            pytest.raises(FloatingPointError, match="epoch 1"),
        ):
            self.fit(problem)

    def test_interruption_in_a_line_search(self, monkeypatch):
        """What it tries is not kept: the model is that of the last iteration."""
        problem = Problem.draw(architecture(), LENGTHS)
        expected, _, _ = self.fit(problem, max_iter=2)
        monitor, network = make_monitor(), problem.network()

        def interrupt(*arguments, **options):
            if monitor.n_iter == 2:
                raise KeyboardInterrupt
            return gradients(*arguments, **options)

        monkeypatch.setattr(loop, "gradients", interrupt)
        with pytest.raises(KeyboardInterrupt):
            fit_lbfgs(
                network, problem.data, alpha=0.01, max_iter=30, tol=0, monitor=monitor
            )
        np.testing.assert_allclose(network.theta, expected.theta, rtol=1e-12)

    def test_early_stopping(self):
        problem = Problem.draw(architecture(), LENGTHS)
        monitor = make_monitor(validate=lambda: 0.5, n_iter_no_change=3)
        _, _, has_converged = self.fit(problem, monitor=monitor, max_iter=100)
        assert has_converged
        assert monitor.n_iter == 5
