import numpy as np
import pytest
from ideal_seat import BENT, MODEL, PERIOD, IdealSeat

from robot.key_teleoperator import KeyTeleoperator
from robot.kinematic_arm import KinematicArm
from robot.teleoperator import Teleoperator


class Seat(IdealSeat):
    """A person at the keys."""

    def __init__(self, positions: np.ndarray = BENT) -> None:
        super().__init__(positions)
        self.keys = KeyTeleoperator(MODEL, clock=self.clock)

    def hold(self, key: str, seconds: float) -> None:
        for _ in range(round(seconds / PERIOD)):
            if key:
                self.keys.press(key)
            self.follow(self.keys.command(self.arm.state()))


def test_it_is_a_teleoperator():
    source: Teleoperator = Seat().keys
    with source as entered:
        assert not entered.stopped


@pytest.mark.parametrize(("key", "joint", "way"), [("q", 0, 1), ("a", 0, -1), ("r", 3, 1)])
def test_a_key_turns_one_joint_while_held_and_no_longer(key, joint, way):
    seat = Seat()
    seat.hold(key, 1.0)
    seat.hold("", 0.5)
    moved = seat.positions - BENT
    # Held for 1.0 s, and for 0.15 s until the key counts as let go.
    assert moved[joint] == pytest.approx(way * 1.15 * 0.3 * MODEL.max_velocity[joint], abs=0.06)
    assert np.abs(np.delete(moved, joint)).max() < 1e-9
    assert seat.keys.status == "holding: no key"
    assert seat.keys.command(seat.arm.state()) is None


@pytest.mark.parametrize(
    ("key", "axis", "way"), [("up", 0, 1), ("down", 0, -1), ("left", 1, 1), ("page up", 2, 1)]
)
def test_the_tool_goes_along_one_axis(key, axis, way):
    seat = Seat()
    before = seat.tool
    seat.hold(key, 0.4)
    moved = seat.tool - before
    assert way * moved[axis] > 0.015
    assert np.abs(np.delete(moved, axis)).max() < 0.2 * abs(moved[axis])


def test_the_jaws_close_and_open():
    seat = Seat()
    seat.hold("c", 0.5)
    closed = seat.arm.state().gripper
    seat.hold("o", 0.3)
    assert MODEL.gripper.min_opening <= closed < seat.arm.state().gripper


def test_speed_goes_up_and_down_within_the_limits():
    seat = Seat()
    for _ in range(40):
        seat.keys.press("+")
    assert seat.keys.speed == 1.0
    for _ in range(40):
        seat.keys.press("-")
    assert seat.keys.speed == pytest.approx(0.05)


@pytest.mark.parametrize("seed", range(5))
def test_random_keys_never_exceed_velocity_or_acceleration(seed):
    random, seat = np.random.default_rng(seed), Seat()
    for _ in range(20):
        seat.keys.press("+")
    names = ["q", "a", "w", "s", "e", "d", "r", "f", "t", "g", "up", "down", "left", "page up"]
    for _ in range(60):
        key = str(random.choice([*names, ""]))
        seat.keys.clutch = bool(random.random() < 0.1)
        seat.hold(key, float(random.uniform(0.05, 0.5)))
    positions = np.array([command.positions for command in seat.commands])
    speeds = np.diff(positions, axis=0) / PERIOD
    assert np.abs(speeds).max() > 0.9 * MODEL.max_velocity[0], "or nothing was tried"
    assert (np.abs(speeds) <= 1.001 * MODEL.max_velocity).all()
    changes = np.abs(np.diff(speeds, axis=0)) / PERIOD
    assert (changes <= 1.001 * MODEL.max_acceleration).all()
    assert (positions >= MODEL.lower - 1e-9).all() and (positions <= MODEL.upper + 1e-9).all()
    points = MODEL.kinematics.points(seat.positions)
    assert points[-1, 2] > MODEL.table_height


def test_driven_into_the_table_it_stops_above_and_comes_back_at_once():
    seat = Seat()
    seat.hold("page down", 6.0)
    low = seat.tool[2]
    assert low > MODEL.table_height
    seat.hold("page up", 0.5)
    assert seat.tool[2] > low + 0.005


def test_a_clutch_holds_whatever_is_pressed_and_begins_anew_where_the_arm_is():
    seat = Seat()
    seat.hold("q", 0.5)
    seat.keys.clutch = True
    seat.hold("q", 0.5)
    assert seat.keys.status == "clutch"
    seat.arm = KinematicArm(MODEL, positions=BENT, clock=seat.clock)
    seat.arm.connect()
    seat.hold("q", 0.5)
    seat.keys.clutch = False
    seat.hold("w", 0.3)
    assert abs(seat.positions[0] - BENT[0]) < 1e-6
