"""What has markers in an emulated cell, and where a board is: on the table, in the hand, waved."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import radians
from typing import Literal, get_args

import numpy as np

from robot.errors import UnknownNameError
from sim.bullet import pybullet
from sim.cell_scene import CellScene, pose_matrix
from sim.cell_truth import CellTruth
from sim.optics import Matrix
from sim.quads import Quad
from sim.textured_scene import cube_faces, stuck_to

Stage = Literal["block", "board", "hand", "waved"]
"""What there is to see: the block; a board on the table, in the arm's hand, or in a person's."""

STAGES: tuple[Stage, ...] = get_args(Stage)
_WAVED_S = 1.0  # [s] that a person holds the board still
_PAPER = 0.0003  # [m] of the board above the table
_HELD = 0.02  # [m] of a board in the hand before the tool point
_FILLING = 0.2 / 420.0  # [m/px] nearest that it is waved, for a focal length of one pixel
_WOOD = (150, 190, 215)  # blue, green, red


@dataclass(frozen=True, slots=True, eq=False)
class Props:
    """Pictures of markers with their corners, as whoever reads them intends them to be.

    block: on a cube of ``block_edge`` [m], in a frame at its middle, z up as it lies.
    board: on a flat board, in any frame that is fixed to it.
    """

    block: Sequence[Quad] = ()
    block_edge: float = 0.03
    board: Sequence[Quad] = ()


def check_stage(name: str) -> Stage:
    """Return the stage ``name``. Raises UnknownNameError for another."""
    for stage in STAGES:
        if stage == name:
            return stage
    raise UnknownNameError("stage", name, STAGES)


def real_block(props: Props, truth: CellTruth) -> list[Quad]:
    """Return what is seen of the real block: its wood, and markers as they were printed."""
    outwards = (truth.block_size - props.block_edge) / 2.0
    stickers = [stuck_to(quad, outwards, truth.print_scale) for quad in props.block]
    return [*cube_faces(truth.block_size, _WOOD), *stickers]


class BoardPlaces:
    """Where the board of a cell is, at each stage but the block's."""

    def __init__(self, scene: CellScene, board: Sequence[Quad], focal: float) -> None:
        """Hold the ``board`` by its middle; focal: of the camera that it is waved at [px]."""
        self._scene = scene
        self._nearest = _FILLING * focal
        self._T_middle_board = np.linalg.inv(_middle(board))
        random = np.random.default_rng((scene.truth.seed, len(STAGES)))
        self._yaw = float(random.uniform(-0.3, 0.3)) - np.pi / 2.0

    def T_base_board(self, stage: Stage, T_base_camera: Matrix) -> Matrix:  # noqa: N802
        """Return where the board's frame is [4, 4]; a waved one is held before the camera."""
        if stage == "waved":
            middle = T_base_camera @ self._waved()
        elif stage == "hand":
            lift = np.eye(4)
            lift[2, 3] = _HELD
            middle = self._scene.link_pose(self._scene.model.tool_link) @ lift
        else:
            x, y = self._scene.model.grasp.area_centre
            middle = pose_matrix(self._scene.spot(x, y, self._yaw))
            middle[2, 3] += _PAPER
        return middle @ self._T_middle_board

    def _waved(self) -> Matrix:
        """Return where a person now holds the board's middle before the camera [4, 4]."""
        truth = self._scene.truth
        turn = int(self._scene.world.time / _WAVED_S)
        random = np.random.default_rng((truth.seed, len(STAGES), turn))
        tilts = random.uniform(radians(-40), radians(40), 2)
        turned = pybullet.getQuaternionFromEuler(
            (np.pi + tilts[0], tilts[1], random.uniform(-1, 1))
        )
        z = self._nearest * random.uniform(1.0, 1.8)
        aside = random.uniform(-0.25, 0.25, 2) * z
        return pose_matrix(((float(aside[0]), float(aside[1]), float(z)), turned))


def _middle(board: Sequence[Quad]) -> Matrix:
    """Return the frame in the middle of a ``board``: x along its pictures, z out of them."""
    if not board:
        return np.eye(4)
    corners = np.concatenate([quad.corners for quad in board])
    right = board[0].corners[1] - board[0].corners[0]
    up = board[0].corners[0] - board[0].corners[3]
    T = np.eye(4)
    T[:3, 0] = right / np.linalg.norm(right)
    T[:3, 1] = up / np.linalg.norm(up)
    T[:3, 2] = np.cross(T[:3, 0], T[:3, 1])
    T[:3, 3] = (corners.min(axis=0) + corners.max(axis=0)) / 2.0
    return T
