"""The lens of a camera as a file: kind "camera" of the calibrations."""

from pathlib import Path

from perception.calibration_file import read_calibration, write_calibration
from perception.camera_calibration import CameraCalibration
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
    return Lens(calibration.values["matrix"], calibration.values["distortion"], calibration.size)
