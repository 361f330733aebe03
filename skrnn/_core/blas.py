"""The libraries that compute the matrix products of NumPy and SciPy."""

from functools import cache

from threadpoolctl import ThreadpoolController

# Kernels of OpenBLAS that multiply small matrices without copying them first into an
# order of their own.
UNPACKED_KERNELS = {"skylakex", "cooperlake", "sapphirerapids"}


@cache
def blas():
    """The libraries, as threadpoolctl controls them."""
    return ThreadpoolController().select(user_api="blas")


def n_blas_threads():
    """How many threads they may use at most now."""
    return max((library.num_threads for library in blas().lib_controllers), default=1)


def reads_unpacked():
    """Whether small products are multiplied where they lie; on one thread they are."""
    return has_unpacked_kernel() and n_blas_threads() == 1


@cache
def has_unpacked_kernel():
    """Whether the kernels are such as multiply small matrices where they lie."""
    libraries = blas().select(internal_api="openblas").lib_controllers
    return any(
        library.architecture.lower() in UNPACKED_KERNELS for library in libraries
    )
