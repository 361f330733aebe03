"""How many threads BLAS uses: one, where a step's product is too small to be shared."""

from contextlib import nullcontext
from functools import cache

from threadpoolctl import ThreadpoolController

# Multiplications in the product of a step's states with W, above which two threads
# are faster than one (benchmarks/README.md).
N_WORTH_SHARING = 2**20


def blas_threads_for(n_sequences, hidden_size):
    """Context in which BLAS uses one thread, if that is faster.

    Threads that wait for each other cost more than they bring where the products are
    small, and many times more where other work keeps the processor busy.

    Parameters
    ----------
    n_sequences : int
        Sequences that are worked through at once.
    hidden_size : int
    """
    if n_sequences * hidden_size**2 > N_WORTH_SHARING:
        return nullcontext()
    return _controller().limit(limits=1, user_api="blas")


@cache
def _controller():
    return ThreadpoolController()
