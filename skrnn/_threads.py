"""How many threads a fit or a prediction uses.

The figures are of benchmarks/README.md.
"""

from contextlib import nullcontext

from ._core.blas import blas, n_blas_threads

# Multiplications in the product of a step's states with W, above which two threads
# of BLAS are faster than one.
N_WORTH_SHARING = 2**20
# The same of each share of a batch, from which on Python threads that take a share
# each are faster still.
N_WORTH_A_SHARD = 2**19
# Between products they wait for one another, and more than a few wait in vain.
MOST_SHARDS = 4


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
    return one_blas_thread()


def one_blas_thread():
    """Context in which BLAS uses one thread."""
    return blas().limit(limits=1)


def n_shards_for(n_sequences, hidden_size):
    """Into how many shares a batch is split, each for a thread of its own.

    At most as many as BLAS may use threads: who limits those, limits these.
    """
    n_worth = n_sequences * hidden_size**2 // N_WORTH_A_SHARD
    return max(1, min(n_worth, n_blas_threads(), MOST_SHARDS))
