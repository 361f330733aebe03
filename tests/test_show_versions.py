"""What is said of the machine."""

import numpy as np

import skrnn
from skrnn._show_versions import _has_avx512, _lines

LIBRARY = {
    "user_api": "blas",
    "internal_api": "openblas",
    "version": "0.3",
    "architecture": "Haswell",
    "num_threads": 2,
}


def test_versions_are_printed(capsys):
    skrnn.show_versions()
    printed = capsys.readouterr().out
    assert f"skrnn: {skrnn.__version__}" in printed
    assert f"numpy: {np.__version__}" in printed
    assert "blas: " in printed


def test_a_kernel_that_leaves_avx512_unused_is_named():
    text = "\n".join(_lines([LIBRARY], has_avx512=True))
    assert "blas: openblas 0.3, Haswell kernel, 2 thread(s)" in text
    assert "OPENBLAS_CORETYPE=SkylakeX" in text
    for library, has_avx512 in (
        (LIBRARY, False),
        ({**LIBRARY, "architecture": "SkylakeX"}, True),
        ({**LIBRARY, "architecture": None}, True),
    ):
        assert "CORETYPE" not in "\n".join(_lines([library], has_avx512))


def test_the_processor_is_asked():
    assert _has_avx512() in (True, False)
