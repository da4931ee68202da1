"""The depth camera at the wrist of a scene's arm, with pictures as policies see them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace

import numpy as np

from robot.depth_image import DepthImage, DepthRange, Relief
from sim.camera import Depth, DepthCamera, Lens, Misalignment
from sim.conditions import NOMINAL, Conditions
from sim.depth_noise import disturb
from sim.grasp_scene import GraspScene

ZOOM = 2.0  # of what it sees from afar: the spawn area just fills the picture
BEYOND = 1.25  # times as far as the middle of the spawn area its far edge may be


class WristCamera:
    """Takes depth pictures from where ``[depth_camera]`` of the arm says."""

    def __init__(
        self,
        scene: GraspScene,
        size: int,
        fov_degrees: float | None = None,
        looks: bool = False,
    ) -> None:
        """Mount it; fov_degrees is the mount's if None. Raises RobotError for no such camera.

        looks: it is to ``look`` at the spawn area too, and its pictures show how far things stand
        out of the table, instead of how far away they are.
        """
        mount, self._scene = scene.model.depth_camera, scene
        lens = Lens(size, mount.fov_degrees if fov_degrees is None else fov_degrees)
        self.range = DepthRange(mount.near, mount.far)
        self._code = Relief(mount.far) if looks else self.range
        self.camera = self._mounted(lens)
        self._close_up: DepthCamera | None = None
        if looks:
            right, down, away = self._area_middle()
            middle = 2 * right / size - 1, 2 * down / size - 1
            self._close_up = self._mounted(replace(lens, zoom=ZOOM, middle=middle))
            # An arm that looks from afar is to see the table there.
            self._look_code = Relief(max(mount.far, BEYOND * away))
        self._conditions = NOMINAL

    @property
    def details(self) -> dict[str, float]:
        """Return what the numbers of a picture mean: field of view [deg] and range [m]."""
        field = {"fov_degrees": self.camera.lens.fov_degrees}
        return field | asdict(self._code) | ({"look_zoom": ZOOM} if self._close_up else {})

    def check_fields(self, offsets: tuple[float, ...]) -> None:
        """Raise RobotError unless its field of view may be more by all ``offsets`` [deg]."""
        for offset in offsets:
            replace(self.camera.lens, fov_degrees=self.camera.lens.fov_degrees + offset)

    def prepare(self, conditions: Conditions) -> None:
        """Mount the camera as ``conditions`` say, and let it err as they say."""
        self._conditions = conditions
        position = conditions.camera_x, conditions.camera_y, conditions.camera_z
        by = Misalignment(
            position,
            roll=conditions.camera_roll,
            pitch=conditions.camera_pitch,
            yaw=conditions.camera_yaw,
            fov_degrees=conditions.camera_fov,
        )
        self.camera.misalign(by)
        if self._close_up:
            self._close_up.misalign(by)

    def picture(self, random: np.random.Generator) -> DepthImage:
        """Return what it sees now, [size, size, 1]; its errors are drawn from ``random``."""
        return self._code.encode(self._seen(self.camera, random))

    def look(self, random: np.random.Generator) -> DepthImage:
        """Return the spawn area from the arm's pose to ``look``, [size, size, 1], from nearer.

        The arm then is where it was.
        """
        assert self._close_up is not None, "a camera that does not look"
        with self._looking():
            return self._look_code.encode(self._seen(self._close_up, random))

    def _seen(self, camera: DepthCamera, random: np.random.Generator) -> Depth:
        return disturb(camera.depth(), self._conditions, random)

    def _mounted(self, lens: Lens) -> DepthCamera:
        scene, arm = self._scene, self._scene.arm
        link = arm.link_index(scene.model.depth_camera.link)
        return DepthCamera(scene.world, arm.body, link, lens)

    def _area_middle(self) -> tuple[float, float, float]:
        """Return column and row [px] and depth [m] of the middle of the spawn area, in a look."""
        x, y = self._scene.model.grasp.area_centre
        with self._looking():
            return self.camera.pixel((x, y, self._scene.rest_height))

    @contextmanager
    def _looking(self) -> Iterator[None]:
        arm, before = self._scene.arm, self._scene.arm.state()
        arm.teleport(self._scene.model.grasp.look, before.gripper)
        yield
        arm.teleport(before.positions, before.gripper)
