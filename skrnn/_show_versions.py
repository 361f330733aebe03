"""What a report on speed or on a bug should say of the machine."""

import platform
from importlib.metadata import version

from threadpoolctl import threadpool_info

PACKAGES = ["skrnn", "scikit-learn", "numpy", "scipy", "joblib", "threadpoolctl"]
# Kernels of OpenBLAS that use vectors of 256 bits.
AVX2_KERNELS = {"haswell", "zen"}


def show_versions():
    """Print versions, and which BLAS computes the matrix products, on how many threads.

    Where OpenBLAS has picked a kernel for AVX2 although the processor has AVX-512, it
    says how to choose the faster one.

    Examples
    --------
    >>> import skrnn
    >>> skrnn.show_versions()  # doctest: +ELLIPSIS
    python: ...
    """
    print("\n".join(_lines(threadpool_info(), _has_avx512())))


def _lines(libraries, has_avx512):
    yield f"python: {platform.python_version()}"
    yield f"machine: {platform.platform()}"
    for name in PACKAGES:
        yield f"{name}: {version(name)}"
    for library in libraries:
        kernel = library.get("architecture")
        yield (
            f"{library['user_api']}: {library['internal_api']} {library['version']}, "
            f"{kernel or 'unknown'} kernel, {library['num_threads']} thread(s)"
        )
        if has_avx512 and (kernel or "").lower() in AVX2_KERNELS:
            yield (
                "  The processor has AVX-512, but this kernel does not use it. Set the "
                "environment variable OPENBLAS_CORETYPE=SkylakeX before Python starts: "
                "matrix products, and so training, become faster."
            )


def _has_avx512():
    try:
        from numpy._core._multiarray_umath import __cpu_features__
    except ImportError:
        return False
    return bool(__cpu_features__.get("AVX512F"))
