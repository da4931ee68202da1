import pytest
from hypothesis import given
from hypothesis import strategies as st

from robot.errors import UnknownNameError
from robot.gripper import read_gripper

SLIDE = read_gripper(
    {
        "kind": "slide",
        "joint": "finger",
        "fingers": 2,
        "actuator_open": 0.04,
        "actuator_closed": 0.0,
        "max_velocity": 0.05,
        "rotor_inertia": 0.1,
        "squeeze": 0.002,
    }
)


@given(st.floats(0.0, 0.08))
def test_two_fingers_open_by_the_sum_of_their_ways(opening: float) -> None:
    finger = SLIDE.actuator(opening)
    assert finger == pytest.approx(opening / 2)
    assert SLIDE.opening(finger) == pytest.approx(opening)


@given(st.floats(-1.0, 1.0))
def test_an_opening_beyond_the_fingers_gives_the_end_of_their_travel(opening: float) -> None:
    assert SLIDE.opening(SLIDE.actuator(opening)) == pytest.approx(min(0.08, max(0.0, opening)))


def test_two_fingers_open_twice_as_fast_as_one_slides() -> None:
    assert SLIDE.max_opening_velocity == pytest.approx(0.1)


@given(st.floats(-1.0, 1.0))
def test_without_jaws_there_is_no_opening(opening: float) -> None:
    nothing = read_gripper({"kind": "none"})
    assert nothing.joint is None
    assert nothing.actuator(opening) == nothing.opening(opening) == nothing.max_opening == 0.0


def test_another_kind_of_jaws_is_refused_with_the_valid_ones() -> None:
    with pytest.raises(UnknownNameError, match=r"gripper\.kind 'slid'; did you mean 'slide'\?"):
        read_gripper({"kind": "slid"})
