import numpy as np
import pytest
from ideal_seat import BENT, MODEL, PERIOD, IdealSeat

from robot.gamepad_teleoperator import GamepadTeleoperator, Pad
from robot.teleoperator import Teleoperator

HELD = frozenset({"right shoulder"})
FORWARDS = (0.0, 1.0)


class Seat(IdealSeat):
    """A person with a gamepad."""

    def __init__(self) -> None:
        super().__init__()
        self.pad: Pad | None = Pad()
        self.driver = GamepadTeleoperator(MODEL, lambda: self.pad, clock=self.clock)
        self.away = [0.0]
        """How far the arm was from its last command, far at the table that holds it back [rad]."""

    def hold(self, pad: Pad | None, seconds: float) -> None:
        self.pad = pad
        for _ in range(round(seconds / PERIOD)):
            command = self.driver.command(self.arm.state())
            self.away.append(float(np.abs(self.positions - self.commands[-1].positions).max()))
            self.follow(command)


def test_it_is_a_teleoperator():
    source: Teleoperator = Seat().driver
    with source as entered:
        assert not entered.stopped


@pytest.mark.parametrize(
    ("pad", "axis", "way"),
    [
        (Pad(left=FORWARDS, pressed=HELD), 0, 1),
        (Pad(left=(0.0, -0.7), pressed=frozenset({"left shoulder"})), 0, -1),
        (Pad(left=(-1.0, 0.0), pressed=HELD), 1, 1),
        (Pad(right=FORWARDS, pressed=HELD), 2, 1),
    ],
)
def test_a_stick_moves_the_tool_along_one_axis_while_a_shoulder_button_is_held(pad, axis, way):
    seat = Seat()
    before = seat.tool
    seat.hold(pad, 0.5)
    moved = seat.tool - before
    assert way * moved[axis] > 0.005
    assert np.abs(np.delete(moved, axis)).max() < 0.25 * abs(moved[axis])


def test_without_a_shoulder_button_nothing_moves_and_letting_it_go_brakes():
    seat = Seat()
    seat.hold(Pad(left=FORWARDS), 0.5)
    assert (seat.positions == BENT).all() and seat.driver.status == "holding: no shoulder button"
    seat.hold(Pad(left=FORWARDS, pressed=HELD), 0.5)
    assert seat.driver.status.startswith("following: tool")
    seat.hold(Pad(left=FORWARDS), 0.5)
    there = seat.positions
    seat.hold(Pad(left=FORWARDS), 0.5)
    assert (seat.positions == there).all()


def test_an_unplugged_gamepad_brakes_and_one_plugged_in_again_goes_on():
    seat = Seat()
    seat.hold(Pad(left=FORWARDS, pressed=HELD), 0.5)
    seat.hold(None, 0.5)
    there = seat.positions
    seat.hold(None, 0.5)
    assert (seat.positions == there).all()
    assert seat.driver.status == "holding: the gamepad is gone, plug it in again"
    seat.hold(Pad(left=FORWARDS, pressed=HELD), 0.5)
    assert seat.driver.status.startswith("following")
    assert np.abs(seat.positions - there).max() > 0.02


def test_a_stick_that_was_let_go_off_its_middle_moves_nothing():
    seat = Seat()
    seat.hold(Pad((0.1, -0.1), (-0.1, 0.1), (0.04, 0.0), HELD), 1.0)
    assert (seat.positions == BENT).all()


def test_a_stick_pushed_half_is_slower_than_half_as_fast():
    ways = []
    for push in (0.5, 1.0):
        seat = Seat()
        before = seat.tool
        seat.hold(Pad(right=(0.0, push), pressed=HELD), 0.3)
        ways.append(seat.tool[2] - before[2])
    assert 0.0 < ways[0] < 0.4 * ways[1]


def test_triggers_open_and_close_the_jaws():
    seat = Seat()
    seat.hold(Pad(triggers=(0.0, 1.0), pressed=HELD), 0.5)
    closed = seat.arm.state().gripper
    seat.hold(Pad(triggers=(0.6, 0.0), pressed=HELD), 0.3)
    assert MODEL.gripper.min_opening <= closed < seat.arm.state().gripper


def test_x_changes_to_joints_and_back():
    seat = Seat()
    seat.hold(Pad(pressed=HELD | {"x"}), 0.1)
    seat.hold(Pad(left=(-1.0, 0.0), pressed=HELD), 0.4)
    assert seat.driver.status.startswith("following: joints")
    moved = seat.positions - BENT
    assert moved[0] > 0.1 and np.abs(moved[1:]).max() < 1e-9
    seat.hold(Pad(pressed=HELD | {"x", "up"}), 0.1)
    assert seat.driver.status.startswith("following: tool")


def test_buttons_change_speed_once_a_press_and_within_the_limits():
    seat = Seat()
    first = seat.driver.speed
    seat.hold(Pad(pressed=frozenset({"y"})), 1.0)
    assert seat.driver.speed == pytest.approx(1.25 * first)
    for _ in range(20):
        seat.hold(Pad(pressed=frozenset({"a"})), PERIOD)
        seat.hold(Pad(), PERIOD)
    assert seat.driver.speed == pytest.approx(0.05)


def test_b_asks_for_a_stop_and_start_for_its_release():
    seat = Seat()
    seat.hold(Pad(pressed=HELD | {"b"}), PERIOD)
    assert seat.driver.stopped
    seat.hold(Pad(), PERIOD)
    assert not seat.driver.stopped and not list(seat.driver.keys())
    seat.hold(Pad(pressed=frozenset({"start", "back"})), 0.2)
    assert sorted(seat.driver.keys()) == ["\n", "m"]
    assert not list(seat.driver.keys())


def test_a_clutch_holds_whatever_is_done():
    seat = Seat()
    seat.driver.clutch = True
    seat.hold(Pad(left=FORWARDS, pressed=HELD), 0.5)
    assert seat.driver.status == "clutch" and (seat.positions == BENT).all()


@pytest.mark.parametrize("seed", range(3))
def test_random_pads_never_exceed_velocity_or_acceleration(seed):
    random, seat = np.random.default_rng(seed), Seat()
    for _ in range(20):
        seat.hold(Pad(pressed=frozenset({"y"})), PERIOD)
        seat.hold(Pad(), PERIOD)
    buttons = [HELD, HELD, HELD | {"x"}, HELD | {"up", "left"}, frozenset()]
    for _ in range(80):
        sticks = random.uniform(-1.2, 1.2, (2, 2)).clip(-1.0, 1.0).tolist()
        pad = Pad(
            tuple(sticks[0]), tuple(sticks[1]), tuple(random.uniform(0, 1, 2)),
            buttons[random.integers(len(buttons))],
        )  # fmt: skip
        seat.hold(None if random.random() < 0.1 else pad, float(random.uniform(0.05, 0.5)))
    positions = np.array([command.positions for command in seat.commands])
    speeds = np.diff(positions, axis=0) / PERIOD
    changes = np.diff(speeds, axis=0) / PERIOD
    # An arm that was held back is led on from where it is.
    free = np.array(seat.away[1:]) < 0.09
    speeds, changes = speeds[free], changes[free[1:] & free[:-1]]
    assert len(changes) > 300
    assert np.abs(speeds).max() > 0.5 * MODEL.max_velocity[0], "or nothing was tried"
    assert (np.abs(speeds) <= 1.001 * MODEL.max_velocity).all()
    assert (np.abs(changes) <= 1.001 * MODEL.max_acceleration).all()
    assert (positions >= MODEL.lower - 1e-9).all() and (positions <= MODEL.upper + 1e-9).all()
