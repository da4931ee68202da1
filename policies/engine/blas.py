"""How many threads numpy's matrix products use."""

import ctypes

import numpy as np


def limit_blas_threads(count: int) -> bool:
    """Let the OpenBLAS that numpy brings use ``count`` threads; False if it cannot be told."""
    library = ctypes.CDLL(np._core._multiarray_umath.__file__)  # type: ignore[attr-defined]
    for name in ("scipy_openblas_set_num_threads64_", "openblas_set_num_threads"):
        function = getattr(library, name, None)
        if function is not None:
            function(count)
            return True
    return False
