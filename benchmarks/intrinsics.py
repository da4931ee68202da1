"""How near the calibrated lens is to the true one, from 25 rendered pictures of the board."""

import numpy as np

from benchmarks.lens_views import SIZE, Shoot, drawn_lens
from perception.board import BOARDS
from perception.intrinsics import GOOD_VIEWS, LensResult, calibrate
from perception.lens import Lens
from perception.views import Coverage


def intrinsics_figures(lenses: int = 8, seed: int = 0) -> dict[str, float]:
    """Calibrate ``lenses`` lenses, drawn from ``seed``, of 25 pictures each.

    intrinsics_focal_error: the greatest part by which a focal length is wrong, of all lenses;
    _median: the usual one. intrinsics_rms_px: the greatest reprojection error. intrinsics_nees:
    mean square of the errors of the focal lengths and the centre in standard deviations, 1 if
    those are honest.
    """
    errors, rms, surprises = [], [], []
    for number in range(seed, seed + lenses):
        truth = drawn_lens(number)
        result = _calibrated(truth, number)
        away = _terms(result.lens) - _terms(truth)
        errors.append(float(np.abs(away[:2] / _terms(truth)[:2]).max()))
        rms.append(result.rms)
        surprises.append(float(np.mean((away / result.std[:4]) ** 2)))
    return {
        "intrinsics_focal_error": max(errors),
        "intrinsics_focal_error_median": float(np.median(errors)),
        "intrinsics_rms_px": max(rms),
        "intrinsics_nees": float(np.mean(surprises)),
    }


def _calibrated(truth: Lens, seed: int) -> LensResult:
    board, coverage = BOARDS["a4"], Coverage(SIZE)
    for picture in Shoot(board, truth, seed).pictures(GOOD_VIEWS):
        view = board.detect(picture)
        if view is not None and coverage.refusal(view) is None:
            coverage.add(view)
    return calibrate(coverage.views, SIZE)


def _terms(lens: Lens) -> np.ndarray:
    return lens.matrix[[0, 1, 0, 1], [0, 1, 2, 2]]
