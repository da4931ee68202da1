"""What a camera sees of a board while an arm carries one of the two, and how that depends."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from perception.lens import Lens
from perception.rigid import Matrix, cross_matrix, inverse, moved
from robot.command import Vector
from robot.link_chain import LinkChain


@dataclass(frozen=True, slots=True, eq=False)
class HandEyeView:
    """A board seen by a camera while the arm stood still.

    measured: joint positions [n] [rad]. side: [n] 1 where the joint turned up to get there, -1
    where down, 0 where nobody knows. points: [m, 3] in the board's frame [m]. pixels: [m, 2]
    where they were seen [px].
    """

    measured: Vector
    side: Vector
    points: Matrix
    pixels: Matrix


@dataclass(frozen=True, slots=True, eq=False)
class Setup:
    """What is sought. The camera is fixed to its parent, and the board to the other end.

    A camera on a link has that link as its parent and the base as its other end; a camera on a
    tripod the other way round. true joint = (1 + gain)(measured - side half_play) + zero.
    """

    T_parent_camera: Matrix
    T_other_board: Matrix
    zero: Vector
    gain: Vector
    half_play: float = 0.0

    @classmethod
    def of(cls, T_parent_camera: Matrix, T_other_board: Matrix, n: int) -> "Setup":
        """Return a setup of an arm of ``n`` joints without errors."""
        return cls(T_parent_camera, T_other_board, np.zeros(n), np.zeros(n))

    def stepped(self, step: Vector) -> "Setup":
        """Return the setup ``step`` [13 + 2n] away, in the order of ``Rig.linearised``."""
        n = self.zero.size
        return replace(
            self,
            T_parent_camera=moved(self.T_parent_camera, step[:6]),
            T_other_board=moved(self.T_other_board, step[6:12]),
            zero=self.zero + step[12 : 12 + n],
            gain=self.gain + step[12 + n : 12 + 2 * n],
            half_play=self.half_play + float(step[-1]),
        )

    def joints(self, view: HandEyeView) -> Vector:
        """Return where the joints truly were [n] [rad]."""
        true: Vector = (1.0 + self.gain) * (view.measured - view.side * self.half_play) + self.zero
        return true


class Rig:
    """A camera and a board, one on ``chain.link`` of the arm and the other fixed to its base."""

    def __init__(self, chain: LinkChain, lens: Lens, *, camera_moves: bool) -> None:
        """camera_moves: the camera is on the link (eye in hand), not the board (eye to hand)."""
        self.chain, self.lens, self.camera_moves = chain, lens, camera_moves

    def T_parent_other(self, q: Vector) -> Matrix:  # noqa: N802  frames in the names of transforms
        """Return the other end as the camera's parent has it [4, 4], the joints at ``q``."""
        T_base_link = self.chain.pose(q)
        return inverse(T_base_link) if self.camera_moves else T_base_link

    def T_camera_board(self, setup: Setup, view: HandEyeView) -> Matrix:  # noqa: N802
        """Return the board [4, 4] as the camera should have it at ``view``."""
        T_parent_other = self.T_parent_other(setup.joints(view))
        return inverse(setup.T_parent_camera) @ T_parent_other @ setup.T_other_board

    def residual(self, setup: Setup, view: HandEyeView) -> Matrix:
        """Return how far off [m, 2] [px] the board's points were seen."""
        T_camera_board = self.T_camera_board(setup, view)
        expected = self.lens.project(view.points @ T_camera_board[:3, :3].T + T_camera_board[:3, 3])
        return view.pixels - expected

    def linearised(self, setup: Setup, view: HandEyeView) -> tuple[Matrix, Matrix]:
        """Return the derivatives of the expected pixels by the setup and by the joints.

        [2m, 13 + 2n]: by the camera's place [m] and turn [rad] in its parent's frame, the board's
        likewise at its other end, zeros [rad], gains, half the play [rad]; and [2m, n].
        """
        q = setup.joints(view)
        T_base_link, origins, axes = self.chain.place(q)
        T_parent_other = inverse(T_base_link) if self.camera_moves else T_base_link
        turned = view.points @ setup.T_other_board[:3, :3].T
        outer = turned + setup.T_other_board[:3, 3]
        inner = outer @ T_parent_other[:3, :3].T + T_parent_other[:3, 3]
        to_camera = setup.T_parent_camera[:3, :3].T
        seen = inner - setup.T_parent_camera[:3, 3]
        swing = np.cross(axes, (outer if self.camera_moves else inner)[:, None] - origins)
        if self.camera_moves:
            swing = -swing @ T_base_link[:3, :3]
        by_joint = to_camera @ np.swapaxes(swing, 1, 2)
        by_camera = to_camera @ np.concatenate([_minus_eye(len(seen)), cross_matrix(seen)], axis=2)
        by_board = (
            -to_camera
            @ T_parent_other[:3, :3]
            @ np.concatenate([_minus_eye(len(seen)), cross_matrix(turned)], axis=2)
        )
        by_gain = by_joint * (view.measured - view.side * setup.half_play)
        by_play = -by_joint @ ((1.0 + setup.gain) * view.side)
        in_space = np.concatenate(
            [by_camera, by_board, by_joint, by_gain, by_play[:, :, None]], axis=2
        )
        projection = self._projection(seen @ to_camera.T)
        rows = 2 * len(seen)
        return (projection @ in_space).reshape(rows, -1), (projection @ by_joint).reshape(rows, -1)

    def by_size(self, setup: Setup, view: HandEyeView) -> Vector:
        """Return the derivatives [2m] of the expected pixels by the log of the board's size."""
        T_camera_board = self.T_camera_board(setup, view)
        turned = view.points @ T_camera_board[:3, :3].T
        projection = self._projection(turned + T_camera_board[:3, 3])
        by_size: Vector = (projection @ turned[:, :, None]).ravel()
        return by_size

    def _projection(self, points: Matrix) -> Matrix:
        """Return the derivatives [m, 2, 3] of pixels by ``points`` [m, 3] in the camera frame."""
        zero = np.zeros(3)
        lens = self.lens
        jacobian = cv2.projectPoints(points, zero, zero, lens.matrix, lens.distortion)[1]
        by_shift: Matrix = jacobian[:, 3:6].reshape(-1, 2, 3)
        return by_shift


def _minus_eye(count: int) -> Matrix:
    return np.broadcast_to(-np.eye(3), (count, 3, 3))
