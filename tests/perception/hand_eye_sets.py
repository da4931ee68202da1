"""Hand-eye views by exact projection: hidden errors of an arm, noise on corners and joints."""

from dataclasses import dataclass, replace
from math import radians

import numpy as np

from perception.board import BOARDS
from perception.hand_eye_model import HandEyeView, Rig, Setup
from perception.lens import Lens
from perception.pose_plan import plan_poses
from perception.rigid import difference, inverse, moved, rotation_of, transform
from robot.link_chain import LinkChain, mount_of
from robot.model import load_arm
from robot.viewpoints import Viewpoint

MODEL = load_arm("dofbot")
LENS = Lens(
    np.array([[540.0, 0.0, 325.0], [0.0, 541.0, 236.0], [0.0, 0.0, 1.0]]),
    np.array([-0.2, 0.05, 0.0005, -0.0005, 0.0]),
    (640, 480),
)
POINTS = BOARDS["a4"].points
CARD = POINTS[:12] - POINTS[:12].mean(axis=0)
PARENT, MOUNT = mount_of(MODEL, "camera")
WRIST = Rig(LinkChain(MODEL, PARENT), LENS, camera_moves=True)
TRIPOD = Rig(LinkChain(MODEL, "tool"), LENS, camera_moves=False)


@dataclass(frozen=True)
class Errors:
    """Standard deviations of what is hidden, and of what scatters."""

    zero: float = radians(0.3)
    gain: float = 0.004
    play: float = radians(0.5)
    joint: float = radians(0.1)
    pixel: float = 0.2


NONE = Errors(0.0, 0.0, 0.0, 0.0, 0.0)


def lying(x: float, y: float, yaw: float = 0.0, z: float = MODEL.table_height):
    """Return T_base_board of the board on the table, its middle at (x, y)."""
    turn = rotation_of(np.array([0.0, 0.0, yaw])) @ np.array(
        [[0.0, -1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, -1.0]]
    )
    return transform(turn, np.array([x, y, z]) - turn @ POINTS.mean(axis=0))


NOMINAL = Setup.of(MOUNT, lying(0.24, 0.0), MODEL.n)
_plans: list[Viewpoint] = []


def plan(count: int = 20) -> list[Viewpoint]:
    """Return 20 planned poses, or some of them, spread over the tour."""
    if not _plans:
        _plans.extend(plan_poses(MODEL, WRIST, NOMINAL, POINTS, 20))
    return [_plans[i] for i in np.linspace(0, 19, count).round().astype(int)]


def wrist_set(seed, errors=Errors(), count=20):
    """Return the hidden setup of a wrist camera and its views."""
    random = np.random.default_rng(seed)
    off = np.append(random.uniform(-0.008, 0.008, 3), random.uniform(-0.07, 0.07, 3))
    board = lying(0.24 + random.normal(0, 0.005), random.normal(0, 0.005), random.normal(0, 0.1))
    truth = hidden(Setup.of(moved(MOUNT, off), board, MODEL.n), random, errors, WRIST)
    return truth, views(WRIST, truth, plan(count), POINTS, random, errors)


def tripod_set(seed, errors=Errors(), count=20):
    """Return the hidden setup of a fixed camera, a card in the jaws, and the views of it."""
    random = np.random.default_rng(seed)
    camera = looking(np.array([0.6, random.uniform(-0.2, 0.2), 0.35]), np.array([0.2, 0.0, 0.15]))
    card = moved(transform(np.diag([1.0, -1.0, -1.0]), np.zeros(3)), random.normal(0, 0.01, 6))
    turn = rotation_of(np.array([np.pi / 2, 0.0, 0.0]))
    held = transform(turn, np.array([0.0, 0.0, 0.05])) @ card
    truth = hidden(Setup.of(camera, held, MODEL.n), random, errors, TRIPOD)
    points = []
    while len(points) < count:
        pose = random.uniform(0.8 * MODEL.lower, 0.8 * MODEL.upper)
        T_camera_card = TRIPOD.T_camera_board(truth, HandEyeView(pose, pose, CARD, CARD[:, :2]))
        facing = T_camera_card[2, 2] * T_camera_card[2, 3] / np.linalg.norm(T_camera_card[:3, 3])
        pixels = LENS.project(CARD @ T_camera_card[:3, :3].T + T_camera_card[:3, 3])
        inside = ((pixels > 5) & (pixels < (634, 474))).all()
        if inside and abs(facing) > 0.5 and T_camera_card[2, 3] > 0.15:
            points.append(Viewpoint(pose, random.choice([-1.0, 1.0], MODEL.n)))
    return truth, views(TRIPOD, truth, points, CARD, random, errors)


def hidden(setup, random, errors, rig):
    """Return ``setup`` with joint errors; those that no camera can tell are 0."""
    zero = random.normal(0.0, errors.zero, MODEL.n)
    zero[[rig.chain.turned_by[0], rig.chain.turned_by[-1]]] = 0.0
    gain = random.normal(0.0, errors.gain, MODEL.n)
    return replace(setup, zero=zero, gain=gain, half_play=errors.play / 2)


def views(rig, truth, viewpoints, points, random, errors):
    seen = []
    for viewpoint in viewpoints:
        for side in (viewpoint.side, -viewpoint.side):
            true = viewpoint.pose + random.normal(0.0, errors.joint, MODEL.n)
            blank = HandEyeView(true, side, points, np.zeros((len(points), 2)))
            pixels = -rig.residual(truth, blank)
            inside = ((pixels > 3) & (pixels < (636, 476))).all(axis=1)
            noisy = pixels[inside] + random.normal(0.0, errors.pixel, (inside.sum(), 2))
            seen.append(HandEyeView(viewpoint.pose, side, points[inside], noisy))
    return seen


def looking(place, target):
    """Return T_base_camera at ``place`` that looks at ``target``, upright."""
    forward = (target - place) / np.linalg.norm(target - place)
    right = np.cross(forward, (0.0, 0.0, 1.0))
    right /= np.linalg.norm(right)
    return transform(np.column_stack([right, np.cross(forward, right), forward]), place)


def board_shifted(view, rig, truth, shift):
    """Return ``view`` as it would be with the board moved by ``shift`` [6]."""
    there = replace(truth, T_other_board=moved(truth.T_other_board, shift))
    blank = replace(view, pixels=np.zeros_like(view.pixels))
    return replace(view, pixels=-rig.residual(there, blank))


def place_errors(truth, found):
    """Return how far off the camera was found, [m] and [rad]."""
    return difference(truth.T_parent_camera, found.setup.T_parent_camera)


def as_read_by_joint(T_parent_camera, chain, joint, angle):
    """Return the mount that looks like a zero error of ``angle`` of ``joint``."""
    q = np.zeros(MODEL.n)
    q[joint] = angle
    return inverse(chain.pose(np.zeros(MODEL.n))) @ chain.pose(q) @ T_parent_camera
