"""Micro-benchmarks of the core, for asv; the smallest parameter comes first."""

import numpy as np

from skrnn._core.network import Architecture, Network
from skrnn._core.packing import PackedBatch, Sequences
from skrnn._core.transforms import Adam, Chain, ClipByNorm
from skrnn._core.workspace import Workspace
from skrnn._training.batches import by_falling_length, gather_rows

N_CLASSES = 10
N_FEATURES = 32
BATCH_SIZE = 32
N_STEPS = 50


def drawn_sequences(lengths, rng):
    """Random sequences that lie end to end."""
    rows = rng.standard_normal((lengths.sum(), N_FEATURES), np.float32)
    return Sequences(rows, np.cumsum(lengths) - lengths, lengths)


def made_solver(network):
    """Norm clipping and Adam, at the values that the estimators begin with."""
    solver = Chain(ClipByNorm(1.0), Adam(1e-3, 0.9, 0.999, 1e-8))
    solver.init(network.theta.size, network.theta.dtype)
    return solver


class OneBatch:
    """A network of so many units, and sequences of one length in packed order."""

    params = [32, 128, 512]
    param_names = ["hidden_size"]

    def setup(self, hidden_size):
        rng = np.random.default_rng(0)
        architecture = Architecture(N_FEATURES, N_CLASSES, "softmax", hidden_size)
        self.network = Network.from_seed(architecture, np.float32, rng)
        X = drawn_sequences(np.full(BATCH_SIZE, N_STEPS), rng)
        self.batch = PackedBatch(X.starts, X.lengths)
        self.x = X.rows[self.batch.source]
        self.y = rng.integers(0, N_CLASSES, BATCH_SIZE)


class Forward(OneBatch):
    def time_states(self, hidden_size):
        self.network.states(self.x, self.batch)


class Backward(OneBatch):
    """The way back of the recurrence, from gradients that reach every state."""

    def setup(self, hidden_size):
        super().setup(hidden_size)
        self.network.states(self.x, self.batch)
        shape = self.batch.n_rows, hidden_size
        self.dS = np.random.default_rng(1).standard_normal(shape, np.float32)

    def time_backward(self, hidden_size):
        ((recurrence,),) = self.network.layers
        recurrence.backward(self.x, self.dS.copy())


class Update(OneBatch):
    """All that one batch takes: the way forward and back, clipping and Adam."""

    def setup(self, hidden_size):
        super().setup(hidden_size)
        self.solver = made_solver(self.network)

    def time_update(self, hidden_size):
        network = self.network
        network.loss_and_gradient(self.x, self.batch, self.y, None, BATCH_SIZE)
        self.solver.update(network.grad, network.theta)


class Packing:
    """Ragged sequences are brought into packed order."""

    params = [32, 256, 2048]
    param_names = ["n_sequences"]

    def setup(self, n_sequences):
        rng = np.random.default_rng(0)
        lengths = rng.integers(5, 101, n_sequences)
        X = drawn_sequences(lengths, rng)
        self.X = X.subset(by_falling_length(lengths, np.arange(n_sequences)))
        self.workspace = Workspace(np.float32)

    def time_pack(self, n_sequences):
        PackedBatch(self.X.starts, self.X.lengths)

    def time_pack_and_gather(self, n_sequences):
        batch = PackedBatch(self.X.starts, self.X.lengths)
        gather_rows(self.X, batch, self.workspace)

    def time_reversal(self, n_sequences):
        PackedBatch(self.X.starts, self.X.lengths).reversal  # noqa: B018


class AdamUpdate:
    """Adam alone, on so many parameters."""

    params = [10**3, 10**5, 10**7]
    param_names = ["n_parameters"]

    def setup(self, n_parameters):
        rng = np.random.default_rng(0)
        self.theta = rng.standard_normal(n_parameters, np.float32)
        self.gradient = rng.standard_normal(n_parameters, np.float32)
        self.scratch = np.empty_like(self.gradient)
        self.solver = Adam(1e-3, 0.9, 0.999, 1e-8)
        self.solver.init(n_parameters, np.float32)

    def time_update(self, n_parameters):
        np.copyto(self.scratch, self.gradient)
        self.solver.update(self.scratch, self.theta)


class LazyEmbedding:
    """A whole update where a batch touches few of so many tokens."""

    params = [10**3, 10**5, 10**6]
    param_names = ["n_tokens"]

    def setup(self, n_tokens):
        rng = np.random.default_rng(0)
        architecture = Architecture(
            1, N_CLASSES, "softmax", 64, n_tokens=n_tokens, embedding_size=32
        )
        self.network = Network.from_seed(architecture, np.float32, rng)
        self.solver = made_solver(self.network)
        lengths = np.full(BATCH_SIZE, N_STEPS)
        self.batch = PackedBatch(np.cumsum(lengths) - lengths, lengths)
        self.ids = rng.integers(0, n_tokens, (self.batch.n_rows, 1))
        self.y = rng.integers(0, N_CLASSES, BATCH_SIZE)

    def time_update(self, n_tokens):
        network = self.network
        network.loss_and_gradient(self.ids, self.batch, self.y, None, BATCH_SIZE)
        self.solver.update(network.grad, network.theta, network.rows)


BENCHMARKS = [Forward, Backward, Update, Packing, AdamUpdate, LazyEmbedding]


def run_once(benchmark):
    """Run every method of a class on its smallest parameter; return their names."""
    smallest = benchmark.params[0]
    names = [name for name in dir(benchmark) if name.startswith("time_")]
    for name in names:
        instance = benchmark()
        instance.setup(smallest)
        getattr(instance, name)(smallest)
    return names
