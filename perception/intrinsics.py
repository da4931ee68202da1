"""The lens of a camera from views of a board, with what each of its terms is worth."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from perception.board import BoardView
from perception.errors import CalibrationRefusedError
from perception.intrinsics_covariance import intrinsics_covariance
from perception.lens import Lens, Matrix

PARAMETERS = ("fx", "fy", "cx", "cy", "k1", "k2", "p1", "p2", "k3")
FEWEST_VIEWS = 8
GOOD_VIEWS = 25
OUTLYING_VIEW, OUTLYING_PIXELS = 3.0, 0.5
"""A view is left out if its median error is so many times that of all corners, and above so many
pixels in a picture 640 wide: what focus, noise and flatness explain."""
OUTLYING_CORNER = 5.0
"""A corner is left out if its error is so many times the median; of normal errors, none is."""
WORST_RMS = 1.0
"""[px] In a picture 640 wide; above it the board is bent, or moved in every view."""
WORST_FOCAL = 0.01
"""Standard deviation of the focal length, as part of it, above which poses are too alike."""


@dataclass(frozen=True, slots=True, eq=False)
class LensResult:
    """A lens, and how well it is known.

    covariance: [9, 9] of fx, fy, cx, cy [px], k1, k2, p1, p2, k3.
    rms: root mean square distance from seen to projected corners [px].
    view_rms: the same in each of the views that were used [px], by their index.
    rejected: why each view that was left out was, by its index.
    dropped: corners of the other views that were left out, for being far off by themselves.
    """

    lens: Lens
    covariance: Matrix
    rms: float
    view_rms: dict[int, float]
    rejected: dict[int, str]
    dropped: int

    @property
    def std(self) -> Matrix:
        """Return the standard deviations [9], in the order of ``covariance``."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))


def calibrate(views: Sequence[BoardView], size: tuple[int, int]) -> LensResult:
    """Return the lens that the ``views``, all of pictures of ``size``, were seen through.

    Views and corners that fit far worse than the rest are left out, worst first. Raises
    CalibrationRefusedError if views are too few, too alike, of another size, or fit no lens.
    """
    for i, view in enumerate(views):
        if view.size != size:
            raise CalibrationRefusedError(
                f"view {i + 1} is of a picture of {view.size[0]}x{view.size[1]}, not of "
                f"{size[0]}x{size[1]}: calibrate each size by itself"
            )
    kept, rejected = dict(enumerate(views)), dict[int, str]()
    while True:
        fit = _fit([*kept.values()], size)
        errors = [np.linalg.norm(residual, axis=1) for residual in fit.residuals()]
        usual = float(np.median(np.concatenate(errors)))
        medians = {i: float(np.median(error)) for i, error in zip(kept, errors, strict=True)}
        worst = max(medians, key=medians.__getitem__)
        if medians[worst] > max(OUTLYING_VIEW * usual, OUTLYING_PIXELS * size[0] / 640):
            del kept[worst]
            rejected[worst] = (
                f"its corners are {medians[worst]:.2f} px off, the others' {usual:.2f} px: "
                "the board moved or bent, or its corners were mistaken"
            )
        elif all(error.max() <= OUTLYING_CORNER * usual for error in errors):
            break
        else:
            for (i, view), error in zip([*kept.items()], errors, strict=True):
                kept[i] = view.only(error <= OUTLYING_CORNER * usual)
    view_rms = dict(zip(kept, map(_rms, errors), strict=True))
    dropped = sum(len(views[i].ids) - len(view.ids) for i, view in kept.items())
    result = LensResult(
        fit.lens, fit.covariance(), _rms(np.concatenate(errors)), view_rms, rejected, dropped
    )
    _check(result)
    return result


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    lens: Lens
    views: Sequence[BoardView]
    rotations: Sequence[Matrix]
    translations: Sequence[Matrix]

    def residuals(self) -> list[Matrix]:
        """Return seen less projected corners [n, 2] [px] of every view."""
        matrix, distortion = self.lens.matrix, self.lens.distortion
        return [
            view.pixels - cv2.projectPoints(view.points, turn, shift, matrix, distortion)[0][:, 0]
            for view, turn, shift in zip(self.views, self.rotations, self.translations, strict=True)
        ]

    def covariance(self) -> Matrix:
        squares = float(np.sum(np.concatenate(self.residuals()) ** 2))
        points = [view.points for view in self.views]
        return intrinsics_covariance(self.lens, points, self.rotations, self.translations, squares)


def _fit(views: Sequence[BoardView], size: tuple[int, int]) -> _Fit:
    if len(views) < FEWEST_VIEWS:
        raise CalibrationRefusedError(
            f"{len(views)} usable views: at least {FEWEST_VIEWS} are needed, {GOOD_VIEWS} are good"
        )
    points = [view.points.astype(np.float32) for view in views]
    pixels = [view.pixels.astype(np.float32) for view in views]
    try:
        _, matrix, distortion, rotations, translations = cv2.calibrateCamera(
            points, pixels, size, None, None
        )
    except cv2.error as error:
        raise _too_alike("no lens fits them") from error
    lens = Lens(np.asarray(matrix), np.asarray(distortion).ravel()[:5], size)
    if not (np.isfinite(lens.matrix).all() and np.isfinite(lens.distortion).all()):
        raise _too_alike("no lens fits them")
    return _Fit(lens, views, rotations, translations)


def _check(result: LensResult) -> None:
    width = result.lens.size[0]
    if result.rms > WORST_RMS * width / 640:
        raise CalibrationRefusedError(
            f"the corners are {result.rms:.2f} px from where any lens puts them: fix the board to "
            "something flat, hold it still, and give the number of squares that it really has"
        )
    if len(result.rejected) > len(result.view_rms):
        raise CalibrationRefusedError(
            f"{len(result.rejected)} of the views contradict the other {len(result.view_rms)}: "
            "hold the board still, flat and whole"
        )
    focal = result.lens.matrix[0, 0]
    if not result.std[0] <= WORST_FOCAL * focal:
        raise _too_alike(f"the focal length is {focal:.0f} give or take {result.std[0]:.0f} px")


def _too_alike(why: str) -> CalibrationRefusedError:
    return CalibrationRefusedError(
        f"the views are too alike, {why}: turn and lean the board by 20 to 40 deg to all four "
        "sides, near and far, and hold it into the corners of the picture"
    )


def _rms(errors: Matrix) -> float:
    return float(np.sqrt(np.mean(np.square(errors))))
