"""What is hidden in an emulated cell: everything that differs from one real table to the next."""

from dataclasses import asdict, dataclass
from math import radians
from typing import Literal

import numpy as np

from robot.errors import RobotError
from sim.optics import Matrix

SIZE = (640, 480)
"""Of the pictures [px]; what the camera sold with the arm gives."""

ColourCamera = Literal["wrist", "fixed"]
"""Where it is: on the arm's camera bracket, or on a tripod in front of the arm."""

CellCamera = Literal[ColourCamera, "depth"]
"""A cell's camera: one of colour, or one of depth on the arm's camera bracket."""

_STREAM = 0xCE11
"""Keeps the draws of a cell apart from those of other things with the same seed."""


@dataclass(frozen=True, slots=True)
class CellTruth:
    """One cell. Turns of a camera are about the axes of its planned optical frame."""

    seed: int
    """Of which all this was drawn."""
    mount_x: float
    """Offset of the wrist camera to its right [m], -0.008 to 0.008."""
    mount_y: float
    """Offset of the wrist camera downwards in its picture [m], -0.008 to 0.008."""
    mount_z: float
    """Offset of the wrist camera forward [m], -0.008 to 0.008."""
    mount_pitch: float
    """Turn of the wrist camera about its right axis x [rad], within 4 deg."""
    mount_yaw: float
    """Turn of the wrist camera about its down axis y [rad], within 4 deg."""
    mount_roll: float
    """Turn of the wrist camera about its forward axis z [rad], within 4 deg."""
    tripod_distance: float
    """Of the fixed camera from where it looks, above the spawn area [m], 0.42 to 0.55."""
    tripod_azimuth: float
    """Direction of the fixed camera from there, from straight ahead [rad], within 40 deg."""
    tripod_elevation: float
    """Height of the fixed camera seen from there [rad], 40 to 60 deg."""
    tripod_roll: float
    """Turn of the fixed camera about its forward axis [rad], within 5 deg."""
    wrist_focal: float
    """Focal length along x of the wrist camera [px], 380 to 460; 65 to 55 deg of height."""
    tripod_focal: float
    """Focal length along x of the fixed camera [px], 560 to 680; 46 to 39 deg of height."""
    aspect: float
    """Focal length along y over that along x, 0.997 to 1.003."""
    centre_x: float
    """Offset of the principal point from the picture's middle to the right [px], within 12."""
    centre_y: float
    """Offset of the principal point from the picture's middle downwards [px], within 12."""
    k1: float
    """Radial distortion, -0.30 to 0.05."""
    k2: float
    """Radial distortion of the next order, 0.0 to 0.10."""
    p1: float
    """Tangential distortion, within 0.001."""
    p2: float
    """Tangential distortion, within 0.001."""
    brightness: float
    """Of pictures, 0.75 to 1.15."""
    gradient: float
    """More light at the right edge than in the middle [share], within 0.2."""
    light_azimuth: float
    """Where the light comes from, about the vertical [rad], all around."""
    light_elevation: float
    """How high the light is [rad], 40 to 80 deg."""
    blur: float
    """Standard deviation of the blur of lens and demosaicing [px], 0.3 to 0.8."""
    noise: float
    """Standard deviation of the noise [levels of 255], 1 to 4."""
    quality: int
    """Of the JPEGs, 85 to 95."""
    table_height: float
    """Of the table top above where the arm's description has it [m], -0.002 to 0.002."""
    table_pitch: float
    """Tilt of the table about y, its far edge down [rad], within 0.3 deg."""
    table_roll: float
    """Tilt of the table about x, its left edge up [rad], within 0.3 deg."""
    table_friction: float
    """Of the table top, 0.5 to 0.9; a contact has the product of both sides."""
    block_size: float
    """Edge of the block [m], 0.0293 to 0.0307."""
    print_scale: float
    """Printed size of markers over the intended one, 0.997 to 1.003."""
    block_mass: float
    """Of the block [kg], 0.015 to 0.040."""
    block_friction: float
    """Of the block, 0.6 to 1.0."""
    pad_friction: float
    """Of the finger pads, 0.6 to 1.0."""
    servo_seed: int
    """Of the zero and gain error of each servo."""
    zero_std: float
    """Standard deviation of the servos' zero errors [rad], 0.1 to 0.3 deg: calibrated ones."""
    gain_std: float
    """Standard deviation of the servos' gain errors, 0.002 to 0.005: calibrated ones."""
    backlash: float
    """Play of each joint, end to end [rad], 0.2 to 0.8 deg."""
    servo_speed: float
    """Greatest speed of a servo's shaft [rad/s], 2.8 to 4.0."""
    servo_lag: float
    """Time constant with which a shaft follows its profile [s], 0.02 to 0.05."""
    depth_x: float
    """Offset of the depth camera to its right [m], -0.005 to 0.005."""
    depth_y: float
    """Offset of the depth camera downwards in its picture [m], -0.005 to 0.005."""
    depth_z: float
    """Offset of the depth camera forward [m], -0.005 to 0.005."""
    depth_pitch: float
    """Turn of the depth camera about its right axis x [rad], within 2 deg."""
    depth_yaw: float
    """Turn of the depth camera about its down axis y [rad], within 2 deg."""
    depth_roll: float
    """Turn of the depth camera about its forward axis z [rad], within 2 deg."""
    depth_fov: float
    """Field of view of the depth camera more than the planned one [deg], -4 to 4."""
    depth_noise: float
    """Standard deviation of depth at 0.2 m [m], 0.0005 to 0.002; with the square of range."""
    depth_dropout: float
    """Share of pixels without depth, 0 to 0.05."""
    depth_quantum: float
    """Smallest difference of depth that is told [m], 0 to 0.001."""

    def to_info(self) -> dict[str, float]:
        """Return every value by its name, as plain numbers that JSON can hold."""
        return asdict(self)

    def lens(self, camera: ColourCamera) -> "CellLens":
        """Return the lens of the wrist's or the fixed ``camera``."""
        focal = self.wrist_focal if camera == "wrist" else self.tripod_focal
        matrix = np.diag([focal, focal * self.aspect, 1.0])
        # Pixel centres are at whole numbers, so the middle is half a pixel before the half.
        matrix[0, 2] = (SIZE[0] - 1) / 2.0 + self.centre_x
        matrix[1, 2] = (SIZE[1] - 1) / 2.0 + self.centre_y
        return CellLens(matrix, np.array([self.k1, self.k2, self.p1, self.p2, 0.0]), SIZE)


@dataclass(frozen=True, slots=True, eq=False)
class CellLens:
    """OpenCV's pinhole model: matrix [3, 3] [px], distortion [5] k1, k2, p1, p2, k3, size [px]."""

    matrix: Matrix
    distortion: Matrix
    size: tuple[int, int]


def draw_cell(seed: int) -> CellTruth:
    """Return the cell of ``seed``, which is always the same. RobotError for a negative one."""
    if seed < 0:
        raise RobotError(f"cell {seed}: the seed of a cell is 0 or more")
    random = np.random.default_rng((_STREAM, seed))

    def within(low: float, high: float) -> float:
        return float(random.uniform(low, high))

    def degrees(low: float, high: float) -> float:
        return radians(within(low, high))

    return CellTruth(
        seed=seed,
        mount_x=within(-0.008, 0.008),
        mount_y=within(-0.008, 0.008),
        mount_z=within(-0.008, 0.008),
        mount_pitch=degrees(-4.0, 4.0),
        mount_yaw=degrees(-4.0, 4.0),
        mount_roll=degrees(-4.0, 4.0),
        tripod_distance=within(0.42, 0.55),
        tripod_azimuth=degrees(-40.0, 40.0),
        tripod_elevation=degrees(40.0, 60.0),
        tripod_roll=degrees(-5.0, 5.0),
        wrist_focal=within(380.0, 460.0),
        tripod_focal=within(560.0, 680.0),
        aspect=within(0.997, 1.003),
        centre_x=within(-12.0, 12.0),
        centre_y=within(-12.0, 12.0),
        k1=within(-0.30, 0.05),
        k2=within(0.0, 0.10),
        p1=within(-0.001, 0.001),
        p2=within(-0.001, 0.001),
        brightness=within(0.75, 1.15),
        gradient=within(-0.2, 0.2),
        light_azimuth=degrees(-180.0, 180.0),
        light_elevation=degrees(40.0, 80.0),
        blur=within(0.3, 0.8),
        noise=within(1.0, 4.0),
        quality=int(random.integers(85, 96)),
        table_height=within(-0.002, 0.002),
        table_pitch=degrees(-0.3, 0.3),
        table_roll=degrees(-0.3, 0.3),
        table_friction=within(0.5, 0.9),
        block_size=within(0.0293, 0.0307),
        print_scale=within(0.997, 1.003),
        block_mass=within(0.015, 0.040),
        block_friction=within(0.6, 1.0),
        pad_friction=within(0.6, 1.0),
        servo_seed=int(random.integers(2**31)),
        zero_std=degrees(0.1, 0.3),
        gain_std=within(0.002, 0.005),
        backlash=degrees(0.2, 0.8),
        servo_speed=within(2.8, 4.0),
        servo_lag=within(0.02, 0.05),
        # Draws are only ever added at the end, so that a seed stays the cell that it was.
        depth_x=within(-0.005, 0.005),
        depth_y=within(-0.005, 0.005),
        depth_z=within(-0.005, 0.005),
        depth_pitch=degrees(-2.0, 2.0),
        depth_yaw=degrees(-2.0, 2.0),
        depth_roll=degrees(-2.0, 2.0),
        depth_fov=within(-4.0, 4.0),
        depth_noise=within(0.0005, 0.002),
        depth_dropout=within(0.0, 0.05),
        depth_quantum=within(0.0, 0.001),
    )
