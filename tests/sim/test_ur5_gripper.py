"""The linkage of the 2F-85: what its bars do together, empty and loaded."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from robot.command import JointCommand
from robot.model import load_arm
from sim.bullet import pybullet
from sim.sim_arm import SimArm
from sim.world import FINE, GRIP, TIMESTEP, Pace, World

MODEL = load_arm("ur5")
WIDE = MODEL.gripper.max_opening
SIDES = {"left": 1.0, "right": -1.0}
PAD = (-0.02526, 0.0, 0.0324)  # [m] middle of the left pad's face from the joint of its tip
PIN = (0.037157, 0.0, 0.043422)  # [m] outer end of the left inner knuckle from its joint
PIN_ON_TIP = (-0.017901, 0.0, 0.006515)  # [m] where the left tip is hung on it

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Jaw:
    """In the frame of the gripper: pad face [3] [m], turn of the tip [rad], gap at the pin [m]."""

    pad: Vector
    turn: float
    pin_gap: float


@pytest.fixture(params=[FINE, GRIP], ids=["fine", "grip"])
def arm(request: pytest.FixtureRequest) -> Iterator[SimArm]:
    with World() as world:
        world.set_pace(request.param)
        with SimArm(world, MODEL) as arm:
            yield arm


def frame_of(arm: SimArm, link: str) -> tuple[Vector, Vector]:
    state = pybullet.getLinkState(
        arm.body,
        arm.link_index(link),
        computeForwardKinematics=True,
        physicsClientId=arm.world.client,
    )
    return np.array(state[4]), np.reshape(pybullet.getMatrixFromQuaternion(state[5]), (3, 3))


def jaw(arm: SimArm, side: str) -> Jaw:
    mirror = np.array([SIDES[side], 1.0, 1.0])
    base, turned = frame_of(arm, "gripper_base")
    tip, tip_turn = frame_of(arm, f"{side}_finger_tip")
    bar, bar_turn = frame_of(arm, f"{side}_inner_knuckle")
    pad = turned.T @ (tip + tip_turn @ (mirror * PAD) - base)
    towards = turned.T @ tip_turn[:, 2]
    ends_at, hangs_at = bar + bar_turn @ (mirror * PIN), tip + tip_turn @ (mirror * PIN_ON_TIP)
    gap = float(np.linalg.norm(ends_at - hangs_at))
    return Jaw(pad, float(np.arctan2(towards[0], towards[2])), gap)


def follow(
    arm: SimArm, opening: float, seconds: float, each: Callable[[], None] = lambda: None
) -> None:
    """Command ``opening`` [m] every 50 ms and call ``each`` after every stride."""
    stride = arm.world.pace.stride
    for _ in range(round(seconds / 0.05)):
        arm.command(JointCommand(MODEL.home, opening))
        for _ in range(12 // stride):
            arm.step(stride)
            each()


def assert_linked(arm: SimArm, *, turn: float, apart: float, aside: float) -> None:
    """Check that tips are turned by less than ``turn`` [rad], bars are ``apart`` by less [m]."""
    left, right = jaw(arm, "left"), jaw(arm, "right")
    assert abs(left.turn) < turn and abs(right.turn) < turn, "a pad is not parallel"
    assert left.pin_gap < apart and right.pin_gap < apart, "an inner knuckle came off its tip"
    assert abs(left.pad[0] + right.pad[0]) < aside, "the jaws open to one side"


def test_pads_are_parallel_and_as_far_apart_as_told_from_85_mm_to_nothing(arm: SimArm) -> None:
    assert pytest.approx(0.085, abs=1e-4) == WIDE
    for opening in (0.085, 0.06, 0.03, 0.0, 0.085):
        follow(arm, opening, 1.0, lambda: assert_linked(arm, turn=2e-3, apart=3e-4, aside=3e-4))
        between = jaw(arm, "left").pad[0] - jaw(arm, "right").pad[0]
        assert between == pytest.approx(max(opening, MODEL.gripper.min_opening), abs=5e-4)
        assert arm.state().gripper == pytest.approx(between, abs=5e-4)


def test_closing_brings_the_pads_forward_as_their_crank_turns(arm: SimArm) -> None:
    start = jaw(arm, "left").pad[2]
    follow(arm, 0.03, 1.0)
    assert jaw(arm, "left").pad[2] - start == pytest.approx(0.0129, abs=2e-4)


def test_the_jaws_close_no_faster_than_150_mm_a_second(arm: SimArm) -> None:
    openings = [WIDE]
    follow(arm, 0.0, 0.5, lambda: openings.append(arm.state().gripper))
    fastest = -np.diff(openings).min() / (arm.world.pace.stride * TIMESTEP)
    assert 0.12 < fastest < 0.151


def held_block(arm: SimArm, size: float, squeeze: float) -> int:
    """Return a block that floated between the jaws until they closed on it."""
    block = arm.world.add_block(size, 0.02)
    place = MODEL.kinematics.tool_position(MODEL.home)
    follow(arm, size - squeeze, 0.9, lambda: arm.world.place(block, place, 0.0))
    follow(arm, size - squeeze, 0.6)
    return block


@pytest.mark.parametrize("pace", [FINE, GRIP])
@pytest.mark.parametrize("size", [0.026, 0.06])
def test_a_held_block_parts_neither_pads_nor_bars(pace: Pace, size: float) -> None:
    with World() as world:
        world.set_pace(pace)
        with SimArm(world, MODEL) as arm:
            block = held_block(arm, size, MODEL.gripper.squeeze)
            assert_linked(arm, turn=0.04, apart=1e-3, aside=1e-3)
            between = jaw(arm, "left").pad[0] - jaw(arm, "right").pad[0]
            assert between == pytest.approx(size, abs=1e-3)
            assert arm.crank_torque() > 0.1, "nothing is squeezed"
            place = MODEL.kinematics.tool_position(MODEL.home)
            assert np.linalg.norm(np.subtract(world.position(block), place)) < 0.004, "lost it"
            follow(arm, WIDE, 0.5)
            assert world.position(block)[2] < place[2] - 0.2, "opening did not let go of it"


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("force", [(20.0, 0.0, 0.0), (-20.0, 0.0, 0.0), (0.0, 0.0, 20.0)])
def test_a_pull_at_one_tip_parts_nothing(side: str, force: tuple[float, float, float]) -> None:
    with World() as world, SimArm(world, MODEL) as arm:
        index = arm.link_index(f"{side}_finger_tip")

        def pull() -> None:
            pybullet.applyExternalForce(
                arm.body,
                index,
                force,
                (0.0, 0.0, 0.03),
                pybullet.LINK_FRAME,
                physicsClientId=world.client,
            )
            assert_linked(arm, turn=0.02, apart=1e-3, aside=1e-3)

        follow(arm, 0.03, 0.5, pull)
