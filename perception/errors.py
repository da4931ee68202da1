"""What can be wrong with what is seen; each message says what, where, and the mend."""

from robot.errors import RobotError


class CameraError(RobotError):
    """A camera cannot be opened, stalled, vanished, or changed the size of its pictures."""


class CalibrationRefusedError(RobotError):
    """Pictures that no calibration can be made of, or a calibration of something else."""


class MarkerError(RobotError):
    """Markers that were asked for cannot be, or are not what is in the picture."""


class ModelError(RobotError):
    """A file of networks is missing, damaged or another one, or cannot be fetched."""
