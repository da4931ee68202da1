"""What the camera of an emulated cell sees, with every fault that was drawn for it."""

from math import cos, sin
from typing import Any

import cv2
import numpy as np

from robot.link_chain import mount_of
from sim.arm_picture import ArmPicture
from sim.bullet import pybullet
from sim.cell_scene import CellScene, pose_matrix
from sim.cell_things import BoardPlaces, Props, Stage, real_block
from sim.cell_truth import CellTruth, ColourCamera
from sim.optics import Matrix, RayMap
from sim.photo import Exposure, Film, Picture, jpeg
from sim.quads import Quad
from sim.textured_scene import TexturedBody, draw_bodies, face_corners

_TABLE_SIDE = 0.8  # [m]
_ABOVE = 0.04  # [m] of what a fixed camera looks at above the table, so that it sees the hand
_ROOM = (150, 160, 165)  # blue, green, red of what is behind everything


class CellView:
    """Takes pictures of a scene with the wrist's or the fixed camera."""

    def __init__(self, scene: CellScene, camera: ColourCamera, props: Props) -> None:
        """Set up the ``camera`` as the scene's truth has it; ``props`` carry the markers."""
        truth = scene.truth
        scene.hide_textured()
        self.scene, self.camera = scene, camera
        self.stage: Stage = "block"
        self.rays = RayMap(truth.lens(camera))
        self._arm = ArmPicture(scene.world, self.rays)
        self._light = _light(truth)
        exposure = Exposure(truth.brightness, truth.gradient, truth.blur, truth.noise)
        self._film = Film(self.rays.lens.size, exposure, truth.seed)
        width, height = self.rays.lens.size
        self._room = np.full((height, width, 3), _ROOM, np.uint8)
        self._table = _wood(truth.seed)
        self._block = real_block(props, truth)
        self._board = list(props.board)
        self.board_places = BoardPlaces(scene, self._board, float(self.rays.lens.matrix[0, 0]))
        self._mount = _mount(truth)
        self._tripod = _tripod(scene)

    def T_base_camera(self) -> Matrix:  # noqa: N802  frames in the names of transforms
        """Return where the optical frame really is [4, 4]."""
        if self.camera == "fixed":
            return self._tripod
        return self.scene.link_pose(self.scene.model.camera.link) @ self._mount

    def T_parent_camera(self) -> Matrix:  # noqa: N802
        """Return it in what the camera is fixed to [4, 4]: the link of its mount, or the base."""
        if self.camera == "fixed":
            return self._tripod
        model = self.scene.model
        return mount_of(model, model.camera.link)[1] @ self._mount

    def picture(self) -> Picture:
        """Return what the camera sees now [height, width, 3] uint8, blue, green, red."""
        T_base_camera = self.T_base_camera()
        T_camera_base = np.linalg.inv(T_base_camera).astype(np.float64)
        canvas = self._arm.draw(T_base_camera, self._light, self._room)
        light = tuple((T_camera_base[:3, :3] @ self._light).tolist())
        table = TexturedBody([self._table], T_camera_base @ self.scene.T_base_table)
        draw_bodies(canvas, [table], light)
        if self.stage == "waved":
            canvas.depth[...] = np.inf  # a person holds it before everything else
        draw_bodies(canvas, [self._thing(T_base_camera, T_camera_base)], light)
        return self._film.expose(canvas.image)

    def encoded(self) -> bytes:
        """Return ``picture`` as a JPEG."""
        return jpeg(self.picture(), self.scene.truth.quality)

    def truth(self) -> dict[str, Any]:
        """Return what is hidden of the camera and the board; see ``EmulatedCell.truth``."""
        lens, T_base_camera = self.rays.lens, self.T_base_camera()
        board = self.board_places.T_base_board(self.stage, T_base_camera)
        return {
            "matrix": lens.matrix.tolist(),
            "distortion": lens.distortion.tolist(),
            "T_base_camera": T_base_camera.tolist(),
            "T_parent_camera": self.T_parent_camera().tolist(),
            "T_base_board": board.tolist(),
        }

    def _thing(self, T_base_camera: Matrix, T_camera_base: Matrix) -> TexturedBody:
        if self.stage == "block":
            T_base_block = pose_matrix(self.scene.block_pose())
            return TexturedBody(self._block, T_camera_base @ T_base_block)
        T_base_board = self.board_places.T_base_board(self.stage, T_base_camera)
        return TexturedBody(self._board, T_camera_base @ T_base_board)


def _mount(truth: CellTruth) -> Matrix:
    """Return the real optical frame in the planned one [4, 4]."""
    turn = pybullet.getQuaternionFromEuler((truth.mount_pitch, truth.mount_yaw, truth.mount_roll))
    return pose_matrix(((truth.mount_x, truth.mount_y, truth.mount_z), turn))


def _tripod(scene: CellScene) -> Matrix:
    """Return the optical frame of the fixed camera: it looks a bit above the spawn area."""
    truth = scene.truth
    away = np.array(_direction(truth.tripod_azimuth, truth.tripod_elevation))
    forward, right = -away, np.cross(-away, (0.0, 0.0, 1.0))
    right /= np.linalg.norm(right)
    level = np.eye(4)
    level[:3, :3] = np.stack([right, np.cross(forward, right), forward], axis=1)
    looked_at = scene.T_base_table[:3, 3] + (0.0, 0.0, _ABOVE)
    level[:3, 3] = looked_at + truth.tripod_distance * away
    turn = pybullet.getQuaternionFromEuler((0.0, 0.0, truth.tripod_roll))
    return level @ pose_matrix(((0.0, 0.0, 0.0), turn))


def _light(truth: CellTruth) -> tuple[float, float, float]:
    """Return where the light comes from, in the base frame."""
    return _direction(truth.light_azimuth, truth.light_elevation)


def _direction(azimuth: float, elevation: float) -> tuple[float, float, float]:
    return cos(elevation) * cos(azimuth), cos(elevation) * sin(azimuth), sin(elevation)


def _wood(seed: int) -> Quad:
    """Return the table top: grain along y, of a shade of its own."""
    random = np.random.default_rng((seed, 0x3AB1E))
    colour = np.array([170, 195, 210]) + random.uniform(-25, 25)
    grain = np.zeros((512, 512), np.float32)
    for across, along in ((12, 4), (60, 10), (200, 24)):
        grain += cv2.resize(
            random.normal(0.0, 1.0, (along, across)).astype(np.float32),
            (512, 512),
            interpolation=cv2.INTER_CUBIC,
        )
    picture = np.clip(colour + 5.0 * grain[..., None], 0, 255).astype(np.uint8)
    return Quad(face_corners(0.0, _TABLE_SIDE)[4], picture, fine=False)
