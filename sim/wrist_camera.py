"""The depth camera at the wrist of a scene's arm, with pictures as policies see them."""

from dataclasses import asdict, replace

import numpy as np

from robot.depth_image import DepthImage, DepthRange, Relief
from sim.camera import DepthCamera, Lens, Misalignment
from sim.conditions import NOMINAL, Conditions
from sim.depth_noise import disturb
from sim.grasp_scene import GraspScene


class WristCamera:
    """Takes depth pictures from where ``[depth_camera]`` of the arm says."""

    def __init__(
        self,
        scene: GraspScene,
        size: int,
        fov_degrees: float | None = None,
        relief: bool = False,
    ) -> None:
        """Mount it; fov_degrees is the mount's if None. Raises RobotError for no such camera.

        relief: show how far things stand out of the table, instead of how far away they are.
        """
        mount, arm = scene.model.depth_camera, scene.arm
        lens = Lens(size, mount.fov_degrees if fov_degrees is None else fov_degrees)
        self.range = DepthRange(mount.near, mount.far)
        self._code = Relief(mount.far) if relief else self.range
        self.camera = DepthCamera(scene.world, arm.body, arm.link_index(mount.link), lens)
        self._conditions = NOMINAL

    @property
    def details(self) -> dict[str, float]:
        """Return what the numbers of a picture mean: field of view [deg] and range [m]."""
        return {"fov_degrees": self.camera.lens.fov_degrees} | asdict(self._code)

    def check_fields(self, offsets: tuple[float, ...]) -> None:
        """Raise RobotError unless its field of view may be more by all ``offsets`` [deg]."""
        for offset in offsets:
            replace(self.camera.lens, fov_degrees=self.camera.lens.fov_degrees + offset)

    def prepare(self, conditions: Conditions) -> None:
        """Mount the camera as ``conditions`` say, and let it err as they say."""
        self._conditions = conditions
        position = conditions.camera_x, conditions.camera_y, conditions.camera_z
        self.camera.misalign(
            Misalignment(
                position,
                roll=conditions.camera_roll,
                pitch=conditions.camera_pitch,
                yaw=conditions.camera_yaw,
                fov_degrees=conditions.camera_fov,
            )
        )

    def picture(self, random: np.random.Generator) -> DepthImage:
        """Return what it sees now, [size, size, 1]; its errors are drawn from ``random``."""
        return self._code.encode(disturb(self.camera.depth(), self._conditions, random))
