"""JAX: `lax.scan` over the steps, an update compiled as a whole, optax's Adam.

The data lie on the device before the clock starts. The inputs are multiplied within the
scan: one product over all steps before it was slower. A ragged batch is padded to a
multiple of `STRIDE` steps, so that few shapes are to be compiled; all are beforehand.
"""

from functools import partial
from time import perf_counter

import jax
import jax.numpy as jnp
import numpy as np
import optax
from cases import CLIP_THRESHOLD, N_CLASSES, RATE
from jax.nn.initializers import glorot_uniform, orthogonal

from skrnn._training.batches import draw_batches

from .peer import Peer, pad

STRIDE = 25
NO_LABEL = -1
SOLVER = optax.chain(optax.clip_by_global_norm(CLIP_THRESHOLD), optax.adam(RATE))


def initial_values(key, case):
    """Parameters of each layer and direction, and of the head."""
    H = case.hidden_size
    keys = iter(jax.random.split(key, 2 * case.n_layers * case.n_directions + 1))
    layers = [
        [
            {
                "U": glorot_uniform()(next(keys), (n_inputs, H)),
                "W": orthogonal()(next(keys), (H, H)),
                "b": jnp.zeros(H),
            }
            for _ in range(case.n_directions)
        ]
        for n_inputs in case.layer_inputs()
    ]
    V = glorot_uniform()(next(keys), (case.width, N_CLASSES))
    return {"layers": layers, "V": V, "c": jnp.zeros(N_CLASSES)}


def states(p, x, is_step, reverse):
    """States of one direction; zero in the padding, if there is any."""

    def step(s, inputs):
        x, is_running = inputs
        s = jnp.tanh(x @ p["U"] + s @ p["W"] + p["b"])
        if is_running is not None:
            s *= is_running
        return s, s

    initial = jnp.zeros((x.shape[1], len(p["W"])))
    return jax.lax.scan(step, initial, (x, is_step), reverse=reverse)[1]


def scores(theta, x, is_step):
    """Scores of the classes at every step where there is a mask, else at the last."""
    for layer in theta["layers"]:
        x = jnp.concatenate(
            [states(p, x, is_step, reverse=d == 1) for d, p in enumerate(layer)],
            axis=-1,
        )
    return (x[-1] if is_step is None else x) @ theta["V"] + theta["c"]


def loss(theta, x, y, is_step):
    """Mean cross-entropy over the labels that there are."""
    a = scores(theta, x, is_step)
    losses = optax.softmax_cross_entropy_with_integer_labels(a, jnp.maximum(y, 0))
    return losses.mean(where=y != NO_LABEL)


def batch(X, y, members, n_steps, is_ragged):
    """Inputs, targets and mask of some sequences."""
    if not is_ragged:
        return X[:, members], y[members], None
    y = y[:n_steps, members]
    return X[:n_steps, members], y, (y != NO_LABEL)[..., None].astype(X.dtype)


@partial(jax.jit, static_argnums=(5, 6), donate_argnums=(0, 1))
def update(theta, moments, X, y, members, n_steps, is_ragged):
    """One step of the solver, in place."""
    gradient = jax.grad(loss)(theta, *batch(X, y, members, n_steps, is_ragged))
    change, moments = SOLVER.update(gradient, moments)
    return optax.apply_updates(theta, change), moments


class Scan(Peer):
    name = "JAX, jitted scan"
    takes_ragged = True

    def __init__(self, case, n_threads):
        super().__init__(case, n_threads)
        self._compiled = {}

    def fit_epochs(self, X, y, n_epochs, seed=0):
        rng = np.random.default_rng(seed)
        lengths = np.array([len(x) for x in X])
        X, y = self._on_device(X, y)
        theta = initial_values(jax.random.key(seed), self.case)
        moments = SOLVER.init(theta)
        self._compile(theta, moments, X, y)
        jax.block_until_ready((X, y, theta, moments))
        begin = perf_counter()
        for _ in range(n_epochs):
            for members in draw_batches(lengths, self.case.batch_size, rng):
                run = self._compiled[rounded(lengths[members[0]])]
                theta, moments = run(theta, moments, X, y, members)
        self.theta = jax.block_until_ready(theta)
        return perf_counter() - begin

    def _on_device(self, X, y):
        y = pad(y, NO_LABEL, np.int32) if self.case.is_ragged else np.int32(y)
        return jnp.asarray(pad(X, 0, np.float32)), jnp.asarray(y)

    def _compile(self, *arguments):
        """Compile an update for every number of steps that a batch may have."""
        case = self.case
        members = np.zeros(case.batch_size, dtype=int)
        begin = perf_counter()
        for n_steps in sorted(
            {rounded(n) for n in range(case.shortest or case.n_steps, case.n_steps + 1)}
            - self._compiled.keys()
        ):
            lowered = update.lower(*arguments, members, n_steps, case.is_ragged)
            self._compiled[n_steps] = lowered.compile()
        self.compile_seconds += perf_counter() - begin

    def accuracy(self, X, y):
        X, y = self._on_device(X, y)
        x, y, is_step = batch(X, y, jnp.arange(X.shape[1]), len(X), self.case.is_ragged)
        is_right = scores(self.theta, x, is_step).argmax(axis=-1) == y
        return float(is_right.mean(where=y != NO_LABEL))


def rounded(n_steps):
    """Number of steps to which a batch of so many is padded."""
    return -(-int(n_steps) // STRIDE) * STRIDE


PEERS = [Scan]
