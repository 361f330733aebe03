"""A batch's gradient by several threads at once."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from .._core.network import Network
from .pieces import gradients


class Shards:
    """Networks over one parameter vector, each of which takes a share of every batch.

    They compute on Python threads, which run at once while NumPy and BLAS are at
    work: to be used with one BLAS thread, as a context that ends the threads.

    Parameters
    ----------
    network : Network
        The first of them, into whose `grad` the gradient of the batch is written.
        Where there are others, its inputs are dense.
    n_shards : int
    rng : numpy.random.Generator
        Draws what dropout drops.
    """

    def __init__(self, network, n_shards, rng):
        others = [
            Network(network.architecture, network.theta) for _ in range(n_shards - 1)
        ]
        self.networks = [network, *others]
        for network in self.networks:
            network.workspace.is_alone = n_shards == 1
        self._rngs = [rng] if n_shards == 1 else rng.spawn(n_shards)

    def __enter__(self):
        self._pool = ThreadPoolExecutor(max(1, len(self.networks) - 1))
        return self

    def __exit__(self, *_):
        self._pool.shutdown()

    def gradients(self, data, members):
        """Work through a batch, as `pieces.gradients` does.

        Yields
        ------
        loss, weight : float
        """
        walks = [
            gradients(network, data, members[i :: len(self.networks)], rng=rng)
            for i, (network, rng) in enumerate(zip(self.networks, self._rngs))
            if i < len(members)
        ]
        if len(walks) == 1:
            yield from walks[0]
            return
        while any(results := self._advance(walks)):
            yield self._merge(results)

    def _advance(self, walks):
        """The next piece of all: its loss and weight; None where a walk has ended."""
        others = [self._pool.submit(_next, walk) for walk in walks[1:]]
        return [_next(walks[0]), *(other.result() for other in others)]

    def _merge(self, results):
        """Average losses and gradients by their weights, in the first network."""
        total = sum(result[1] for result in results if result)
        grad, loss = self.networks[0].grad, 0.0
        if results[0] is None:
            grad.fill(0)
        for network, result in zip(self.networks, results):
            if result is None:
                continue
            share = result[1] / total
            loss += share * result[0]
            network.grad *= share
            if network.grad is not grad:
                grad += network.grad
        return loss, total


def _next(walk):
    # NumPy's error state is a thread's own.
    with np.errstate(all="ignore"):
        return next(walk, None)
