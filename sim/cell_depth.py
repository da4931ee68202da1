"""What the depth camera of an emulated cell measures, with every fault that was drawn for it."""

from typing import Any

import cv2
import numpy as np

from sim.camera import Depth, DepthCamera, Lens, Misalignment
from sim.cell_scene import CellScene
from sim.cell_things import Stage
from sim.cell_truth import CellTruth
from sim.conditions import Conditions
from sim.depth_noise import disturb

SIZE = (96, 96)
"""Of the pictures [px]."""
UNIT = 1e-4
"""One step of their values [m], as that of a D405."""

_STREAM = 0xDE97  # keeps the noise apart from the draws of the cell


class CellDepth:
    """Takes depth pictures of a scene from the arm's camera bracket."""

    stage: Stage = "block"

    def __init__(self, scene: CellScene) -> None:
        """Mount the camera as the scene's truth has it."""
        truth, mount, arm = scene.truth, scene.model.depth_camera, scene.arm
        self.camera = DepthCamera(
            scene.world, arm.body, arm.link_index(mount.link), Lens(SIZE[0], mount.fov_degrees)
        )
        self.camera.misalign(_mount(truth))
        self._faults = Conditions(
            depth_noise=truth.depth_noise,
            depth_dropout=truth.depth_dropout,
            depth_quantum=truth.depth_quantum,
        )
        self._fov = mount.fov_degrees + truth.depth_fov
        self._random = np.random.default_rng((_STREAM, truth.seed))

    def picture(self) -> Depth:
        """Return the distances that it tells now [height, width] float32 [m]; 0 is unknown."""
        return disturb(self.camera.depth(), self._faults, self._random)

    def encoded(self) -> bytes:
        """Return ``picture`` as a grey PNG of 16 bits whose values are in units of 0.1 mm."""
        values = np.rint(self.picture() / np.float32(UNIT))
        values = np.clip(values, 0, np.iinfo(np.uint16).max).astype(np.uint16)
        _, data = cv2.imencode(".png", values, (cv2.IMWRITE_PNG_COMPRESSION, 1))
        return bytes(data)

    def truth(self) -> dict[str, Any]:
        """Return what is hidden of the camera; see ``EmulatedCell.truth``."""
        return {
            "fov_degrees": self._fov,
            "T_base_camera": self.camera.T_base_camera().tolist(),
        }


def _mount(truth: CellTruth) -> Misalignment:
    return Misalignment(
        (truth.depth_x, truth.depth_y, truth.depth_z),
        roll=truth.depth_roll,
        pitch=truth.depth_pitch,
        yaw=truth.depth_yaw,
        fov_degrees=truth.depth_fov,
    )
