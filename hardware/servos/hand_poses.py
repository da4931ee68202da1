"""Poses that a person can put a limp arm into by hand, and what they tell of its servos."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import degrees, pi

import numpy as np

from hardware.servos.boards import Board
from hardware.servos.calibration import ServoScale, limited
from hardware.servos.servo_entry import servo_limits, servo_names
from robot.model import ArmModel

_SIDES = ("to the front", "to the left", "up", "to the back", "to the right", "down")
_ACROSS = ("to front and back", "to left and right", "up and down")
_VERTICAL = 0.9  # cosine of an axis that turns seen from above
_LEAST = 1e-6  # [counts/rad] of a servo that does not turn with its joint


@dataclass(frozen=True, slots=True)
class HandPose:
    """Where servos are to be put by hand.

    words: for the person. angles: of the joints or the gripper's crank [rad], by servo number.
    """

    words: str
    angles: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class ServoFit:
    """A servo's line through its poses, and how far the worst of them is from it [deg]."""

    scale: ServoScale
    residual: float


def hand_poses(model: ArmModel, gauge: float) -> list[HandPose]:
    """Return the poses that tell every servo apart from its neighbours.

    gauge: width of the block for the jaws [m]. Each joint is put to 0 and a quarter turn to both
    sides, as far as its limits go.
    """
    names = servo_names(model)
    zero = dict.fromkeys(range(1, model.n + 1), 0.0)
    poses = [HandPose(f"all joints at 0: {_start(model)}", zero)]
    for joint in range(model.n):
        for turn in (pi / 2, -pi / 2):
            angle = float(np.clip(turn, model.lower[joint], model.upper[joint]))
            way = _way(model, joint, angle)
            words = f"{names[joint]} at {degrees(angle):+.0f} deg: {way}"
            poses.append(HandPose(words, {joint + 1: angle}))
    jaws = model.n + 1
    closed, held = model.gripper.actuator_closed, model.gripper.actuator(gauge)
    poses.append(HandPose("jaws closed: the pads just touch", {jaws: closed}))
    words = f"jaws on the block of {gauge * 1e3:g} mm: both pads just touch it"
    poses.append(HandPose(words, {jaws: held}))
    return poses


def fit_servos(
    model: ArmModel, board: Board, readings: Sequence[tuple[HandPose, Mapping[int, float]]]
) -> list[ServoFit]:
    """Return the line of every servo through the counts read in its poses (least squares)."""
    fits = []
    for servo, limits in enumerate(servo_limits(model), start=1):
        put = [(pose.angles[servo], at[servo]) for pose, at in readings if servo in pose.angles]
        angles, counts = np.array(put).T
        per_radian, zero = np.polyfit(angles, counts, 1)
        worst = np.abs(counts - zero - per_radian * angles).max() / max(abs(per_radian), _LEAST)
        scale = limited(board, float(zero), float(per_radian), limits)
        fits.append(ServoFit(scale, degrees(worst)))
    return fits


def _start(model: ArmModel) -> str:
    """Return how the arm looks with all joints at 0. The jaws move along y of the tool frame."""
    zero = np.zeros(model.n)
    across = np.abs(model.kinematics.forward(zero)[:3, 1])
    axes = model.kinematics.jacobian(zero)[5]
    bending = int(np.argmin(np.abs(axes)))
    return (
        f"the tool points {_pointing(model, 0, 0.0)}, {model.joints[bending]} would bend it "
        f"{_pointing(model, bending, pi / 2)}, the jaws open {_ACROSS[int(np.argmax(across))]}"
    )


def _way(model: ArmModel, joint: int, angle: float) -> str:
    """Return how the arm looks with one joint at ``angle`` [rad] and the others at 0."""
    axis = model.kinematics.jacobian(np.zeros(model.n))[3:, joint]
    if abs(axis[2]) > _VERTICAL:
        clockwise = angle * axis[2] < 0.0
        return f"turned {'clockwise' if clockwise else 'counter-clockwise'}, seen from above"
    return f"with the joints beyond it at 0 the tool points {_pointing(model, joint, angle)}"


def _pointing(model: ArmModel, joint: int, angle: float) -> str:
    """Return where the tool points with ``joint`` at ``angle`` and the rest at 0."""
    q = np.zeros(model.n)
    q[joint] = angle
    along = model.kinematics.forward(q)[:3, 2]
    return _SIDES[int(np.argmax([*along, *-along]))]
