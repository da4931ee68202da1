"""The grip: what closing jaws are told while something, or nothing, is between them."""

import numpy as np
import pytest
from hand_clock import HandClock
from rig import MODEL

from hardware.servos.jaws import Jaws

GRIPPER = MODEL.gripper
PERIOD = 0.02  # [s]


class Jawed:
    """Ideal jaws that cannot close further than ``block`` [m], nor open further than ``stop``."""

    def __init__(self, block: float = 0.0, stop: float = 1.0) -> None:
        self.clock, self.block, self.stop, self.opening = HandClock(), block, stop, 0.05
        self.jaws = Jaws(GRIPPER, self.clock)
        self.jaws.begin(self.opening)

    def command(self, wanted: float, seconds: float) -> float:
        """Command ``wanted`` all the time; return what was told last [m]."""
        for _ in range(round(seconds / PERIOD)):
            self.clock.now += PERIOD
            self.jaws.measure(self.opening)
            self.opening = min(self.stop, max(self.block, self.jaws.command(wanted)))
        return self.jaws.target


def test_free_jaws_go_where_they_are_sent() -> None:
    assert Jawed().command(0.01, 1.0) == pytest.approx(0.01)


def test_jaws_that_are_told_half_a_millimetre_less_than_they_do_hold_nothing() -> None:
    jawed = Jawed(block=0.0105)
    assert jawed.command(0.01, 2.0) == pytest.approx(0.01)


def test_blocked_jaws_squeeze_by_the_models_squeeze_within_half_a_second_of_contact() -> None:
    jawed = Jawed(block=0.03)
    assert jawed.command(0.002, 0.8) == pytest.approx(0.03 - GRIPPER.squeeze)


def test_a_gentler_grip_than_the_limit_is_left_alone() -> None:
    jawed = Jawed(block=0.03)
    assert jawed.command(0.0285, 2.0) == pytest.approx(0.0285)


def test_what_gives_way_is_followed_and_gripped_anew() -> None:
    jawed = Jawed(block=0.03)
    jawed.command(0.002, 1.0)
    jawed.block = 0.02
    assert jawed.command(0.002, 1.0) == pytest.approx(0.02 - GRIPPER.squeeze)
    jawed.block = 0.0
    assert jawed.command(0.002, 1.0) == pytest.approx(0.002)


def test_opening_begins_with_the_next_command() -> None:
    jawed = Jawed(block=0.03)
    held = jawed.command(0.002, 1.0)
    assert jawed.command(0.05, PERIOD) > held
    assert jawed.command(0.05, 1.0) == pytest.approx(0.05)


def test_jaws_kept_from_opening_press_as_little_and_close_and_open_again() -> None:
    jawed = Jawed(stop=0.052)
    assert jawed.command(0.06, 0.8) == pytest.approx(0.052 + GRIPPER.squeeze)
    assert jawed.command(0.06, 2.0) == pytest.approx(0.052 + GRIPPER.squeeze)
    assert jawed.command(0.01, 1.0) == pytest.approx(0.01)
    jawed.stop = 1.0
    assert jawed.command(0.06, 1.5) == pytest.approx(0.06)


def test_turning_back_is_no_contact() -> None:
    jawed = Jawed(block=0.03)
    jawed.command(0.002, 0.2)
    assert jawed.command(0.05, PERIOD) > 0.03 - GRIPPER.squeeze
    assert jawed.command(0.05, 1.0) == pytest.approx(0.05)


def test_the_crank_never_turns_faster_than_it_can_even_where_the_jaws_barely_move() -> None:
    jawed = Jawed()
    jawed.command(GRIPPER.max_opening, 1.0)
    turned = [GRIPPER.actuator(jawed.command(0.04, PERIOD)) for _ in range(20)]
    assert np.diff(turned).max() == pytest.approx(GRIPPER.max_velocity * PERIOD)


def test_a_stop_keeps_the_grip_and_ends_any_other_motion() -> None:
    jawed = Jawed(block=0.03)
    held = jawed.command(0.002, 1.0)
    assert jawed.jaws.hold(0.03) == pytest.approx(held)
    closing = Jawed()
    closing.command(0.01, 0.2)
    assert closing.jaws.hold(0.04) == pytest.approx(0.04 - GRIPPER.squeeze)
