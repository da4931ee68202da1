"""The lens of a camera as a file: kind "camera" of the calibrations."""

from pathlib import Path

import numpy as np

from perception.calibration_file import read_calibration, write_calibration
from perception.camera_calibration import CameraCalibration
from perception.errors import CalibrationRefusedError
from perception.intrinsics import PARAMETERS, LensResult
from perception.lens import Lens

KIND = "camera"
SHAPES = {"matrix": (3, 3), "distortion": (5,)}


def write_lens(path: Path, result: LensResult, camera: str) -> None:
    """Write the lens of ``camera`` to ``path``. Raises CalibrationRefusedError if it cannot be."""
    lens = result.lens
    write_calibration(
        path,
        CameraCalibration(
            kind=KIND,
            camera=camera,
            size=lens.size,
            values={"matrix": lens.matrix, "distortion": lens.distortion},
            parameters=PARAMETERS,
            covariance=result.covariance,
            residual_px=result.rms,
        ),
    )


def read_lens(path: Path, *, camera: str | None, size: tuple[int, int] | None) -> Lens:
    """Return the lens in ``path``, of that ``camera`` and ``size`` of picture, unless None.

    Raises CalibrationRefusedError as ``read_calibration`` does; warns of an old one in the log.
    """
    calibration = read_calibration(path, KIND, SHAPES, camera=camera, size=size)
    matrix = calibration.values["matrix"]
    zeros, focal = matrix[[0, 1, 2, 2], [1, 0, 0, 1]], matrix[[0, 1], [0, 1]]
    if zeros.any() or matrix[2, 2] != 1.0 or not np.all(focal > 0.0):
        raise CalibrationRefusedError(
            f"{path}: matrix is that of no lens, which has fx, 0, cx; 0, fy, cy; 0, 0, 1; "
            "calibrate anew: `twinarm calibrate camera`"
        )
    return Lens(matrix, calibration.values["distortion"], calibration.size)
