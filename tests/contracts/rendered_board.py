"""Pictures of a board whose camera is known exactly: rays through a pinhole with distortion."""

from functools import cached_property

import cv2
import numpy as np

from perception.lens import Lens

SUPER = 3
TEXTURE = 120
LENS = Lens(
    np.array([[612.0, 0.0, 331.5], [0.0, 608.0, 234.2], [0.0, 0.0, 1.0]]),
    np.array([-0.32, 0.11, 0.0012, -0.0008, 0.0]),
    (640, 480),
)


class BoardCamera:
    def __init__(self, lens=LENS):
        self.lens = lens

    @cached_property
    def rays(self):
        width, height = self.lens.size
        x, y = np.meshgrid(np.arange(width * SUPER), np.arange(height * SUPER))
        pixels = np.stack((x, y), axis=-1).reshape(-1, 1, 2)
        pixels = (pixels + 0.5) / SUPER - 0.5
        matrix, distortion = self.lens.matrix, self.lens.distortion
        stop = (cv2.TERM_CRITERIA_COUNT, 16, 0.0)
        if hasattr(cv2, "undistortPointsIter"):  # until OpenCV 5
            rays = cv2.undistortPointsIter(pixels, matrix, distortion, None, None, stop)[:, 0]
        else:
            rays = cv2.undistortPoints(pixels, matrix, distortion, criteria=stop)[:, 0]
        return np.column_stack((rays, np.ones(len(rays)))).astype(np.float32)

    def picture(self, board, T_camera_board, *, blur=0.6, noise=2.0, seed=0, light=1.0, motion=0):
        """Return BGR uint8; ``blur`` and ``motion`` in pixels, ``noise`` in grey levels."""
        width, height = self.lens.size
        plane = np.column_stack((T_camera_board[:3, :2], T_camera_board[:3, 3]))
        on_board = self.rays @ np.linalg.inv(plane).T.astype(np.float32)
        depth = on_board[:, 2]
        texture = on_board[:, :2] / depth[:, None] * (TEXTURE / board.square) - 0.5
        shape = (height * SUPER, width * SUPER)
        x, y = (np.ascontiguousarray(part.reshape(shape)) for part in texture.T)
        paper = cv2.remap(
            cv2.copyMakeBorder(board.texture(TEXTURE), *[TEXTURE // 2] * 4, 0, value=255),
            x + TEXTURE // 2, y + TEXTURE // 2, cv2.INTER_LINEAR, borderValue=110,
        )  # fmt: skip
        seen = paper.astype(np.float32).reshape(height, SUPER, width, SUPER).mean(axis=(1, 3))
        if blur:
            seen = cv2.GaussianBlur(seen, (0, 0), blur)
        if motion:
            seen = cv2.blur(seen, (motion, 1))
        shade = light * (30.0 + seen * 0.7)
        rng = np.random.default_rng(seed)
        noisy = shade[..., None] + rng.normal(0.0, noise, (height, width, 3))
        return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


CAMERA = BoardCamera()


def pose(board, *, x=0.0, y=0.0, z=0.45, yaw=0.0, pitch=0.0, roll=0.0):
    """Return T_camera_board with the board's middle at x, y, z [m], turned by degrees."""
    turns = [
        cv2.Rodrigues(np.radians(angle) * axis)[0]
        for angle, axis in zip((pitch, yaw, roll), np.eye(3), strict=True)
    ]
    rotation = turns[0] @ turns[1] @ turns[2]
    middle = np.array([board.columns, board.rows, 0.0]) * board.square / 2
    T_camera_board = np.eye(4)
    T_camera_board[:3, :3] = rotation
    T_camera_board[:3, 3] = np.array([x, y, z]) - rotation @ middle
    return T_camera_board


def truth(board, lens, T_camera_board):
    """Return the true pixels [n, 2] of all of the board's corners."""
    points = board.points @ T_camera_board[:3, :3].T + T_camera_board[:3, 3]
    return lens.project(points)


def poses(board, count, seed=0):
    """Return poses of a board held by hand, with tilts, all over the picture."""
    rng = np.random.default_rng(seed)
    drawn = []
    for k in range(count):
        z = rng.uniform(0.33, 0.55)
        drawn.append(
            pose(
                board,
                x=z * (-0.28 + 0.28 * (k % 3)) + rng.normal(0.0, 0.01),
                y=z * (-0.2 + 0.2 * (k // 3 % 3)) + rng.normal(0.0, 0.01),
                z=z,
                yaw=rng.choice((-1, 1)) * rng.uniform(10, 40),
                pitch=rng.choice((-1, 1)) * rng.uniform(10, 40),
                roll=rng.choice((0.0, 90.0)) + rng.uniform(-15, 15),
            )
        )
    return drawn
