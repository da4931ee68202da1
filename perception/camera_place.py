"""Where a camera is, as hand-eye calibration leaves it in a file for everything that sees."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from perception.calibration_file import read_calibration
from perception.camera_calibration import CameraCalibration
from perception.errors import CalibrationRefusedError
from perception.hand_eye import HandEye
from perception.rigid import Matrix, cross_matrix
from robot.command import Vector
from robot.link_chain import LinkChain, mount_of
from robot.model import ArmModel

KIND = "hand-eye"

_PARAMETERS = ("x_m", "y_m", "z_m", "turn_x_rad", "turn_y_rad", "turn_z_rad")


@dataclass(frozen=True, slots=True, eq=False)
class CameraPlace:
    """A camera on the arm's wrist, or fixed to its base.

    camera, size: of its pictures [px]. on_arm: whether the arm carries it.
    T_parent_camera: [4, 4] at the link that the arm's camera mount is fixed to, or at the base.
    covariance: [6, 6] of place [m] and turn [rad] in the parent's frame.
    zero [n] [rad], gain [n], half_play [rad]: how the joints were found to err, as in
    ``Setup``; those zeros that no camera can tell are 0.
    residual_px, residual_mm: rms of the board through the whole arm. day: when measured.
    """

    camera: str
    size: tuple[int, int]
    arm: str
    on_arm: bool
    T_parent_camera: Matrix
    covariance: Matrix
    zero: Vector
    gain: Vector
    half_play: float
    residual_px: float
    residual_mm: float
    day: date

    def joints(self, positions: Vector, side: Vector | None = None) -> Vector:
        """Return where the joints truly are [n] [rad] when they read ``positions`` [n] [rad].

        side: [n] 1 where a joint turned up to get there, -1 where down; None if nobody knows.
        """
        play = 0.0 if side is None else side * self.half_play
        true: Vector = (1.0 + self.gain) * (positions - play) + self.zero
        return true

    def T_base_camera(  # noqa: N802  frames in the names of transforms
        self, model: ArmModel, positions: Vector, side: Vector | None = None
    ) -> Matrix:
        """Return where the camera is [4, 4] with the joints as for ``joints``."""
        if not self.on_arm:
            return self.T_parent_camera
        return self._parent(model).pose(self.joints(positions, side)) @ self.T_parent_camera

    def covariance_in_base(self, model: ArmModel, positions: Vector) -> Matrix:
        """Return that [6, 6] of ``T_base_camera``, in the base frame; joints taken as exact."""
        if not self.on_arm:
            return self.covariance
        turn = np.zeros((6, 6))
        pose = self._parent(model).pose(self.joints(positions))
        turn[:3, :3] = turn[3:, 3:] = pose[:3, :3]
        return turn @ self.covariance @ turn.T

    def covariance_of(self, model: ArmModel, positions: Vector, target: Vector) -> Matrix:
        """Return how far off a target seen at ``target`` [3] [m] is for the camera's sake [6, 6].

        Of its shift [m] and turn [rad] in the base frame: a camera that is turned carries what it
        sees around itself.
        """
        carry = np.eye(6)
        carry[:3, 3:] = -cross_matrix(target - self.T_base_camera(model, positions)[:3, 3])
        return carry @ self.covariance_in_base(model, positions) @ carry.T

    def _parent(self, model: ArmModel) -> LinkChain:
        return LinkChain(model, mount_of(model, model.camera.link)[0])

    def to_calibration(self) -> CameraCalibration:
        """Return what ``write_calibration`` writes."""
        return CameraCalibration(
            kind=KIND,
            camera=self.camera,
            size=self.size,
            values={
                "on_arm": np.array(float(self.on_arm)),
                "T_parent_camera": self.T_parent_camera,
                "zero": self.zero,
                "gain": self.gain,
                "half_play": np.array(self.half_play),
            },
            parameters=_PARAMETERS,
            covariance=self.covariance,
            residual_px=self.residual_px,
            residual_mm=self.residual_mm,
            arm=self.arm,
            day=self.day,
        )


def camera_place(
    hand_eye: HandEye, camera: str, size: tuple[int, int], arm: str, *, on_arm: bool
) -> CameraPlace:
    """Return what ``hand_eye`` found of that ``camera`` and ``arm``, as of today."""
    return CameraPlace(
        camera=camera,
        size=size,
        arm=arm,
        on_arm=on_arm,
        T_parent_camera=hand_eye.setup.T_parent_camera,
        covariance=hand_eye.covariance,
        zero=hand_eye.setup.zero,
        gain=hand_eye.setup.gain,
        half_play=hand_eye.setup.half_play,
        residual_px=hand_eye.pixels,
        residual_mm=hand_eye.metres * 1e3,
        day=date.today(),
    )


def read_camera_place(
    path: Path, model: ArmModel, camera: str | None = None, size: tuple[int, int] | None = None
) -> CameraPlace:
    """Return the place in ``path``, of that ``camera`` and ``size`` unless None.

    Raises CalibrationRefusedError: for no such file, a damaged one, or one of another arm, camera
    or size.
    """
    joints = {"zero": (model.n,), "gain": (model.n,), "half_play": ()}
    shapes = {"on_arm": (), "T_parent_camera": (4, 4)} | joints
    read = read_calibration(path, KIND, shapes, camera=camera, size=size, arm=model.name)
    pose, residuals = read.values["T_parent_camera"], (read.residual_px, read.residual_mm)
    if None in residuals or read.parameters != _PARAMETERS or not _is_rigid(pose):
        raise CalibrationRefusedError(
            f"{path}: no whole place of a camera; calibrate anew: `twinarm calibrate {KIND}`"
        )
    return CameraPlace(
        camera=read.camera,
        size=read.size,
        arm=model.name,
        on_arm=bool(read.values["on_arm"]),
        T_parent_camera=pose,
        covariance=read.covariance,
        zero=read.values["zero"],
        gain=read.values["gain"],
        half_play=float(read.values["half_play"]),
        residual_px=read.residual_px or 0.0,
        residual_mm=read.residual_mm or 0.0,
        day=read.day,
    )


def _is_rigid(pose: Matrix) -> bool:
    turn = pose[:3, :3]
    upright = np.allclose(turn @ turn.T, np.eye(3), atol=1e-6) and np.linalg.det(turn) > 0.0
    return bool(upright) and np.array_equal(pose[3], [0.0, 0.0, 0.0, 1.0])
