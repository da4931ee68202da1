from dataclasses import replace
from typing import Any

import pytest

from robot.errors import RobotError, UnknownNameError
from robot.model import ArmModel, load_arm
from sim.identified import find_randomization
from sim.randomization import RANDOMIZATIONS

MODEL = load_arm("dofbot")


def saying(**randomization: dict[str, list[float]]) -> ArmModel:
    """Return the arm with this in its ``arm.toml``."""
    return replace(MODEL, sections=replace(MODEL.sections, randomization=randomization))


def test_an_arm_that_says_nothing_draws_as_all_do() -> None:
    assert find_randomization("default", MODEL) == RANDOMIZATIONS["default"]


def test_an_arm_draws_what_is_its_own_from_its_own_ranges() -> None:
    model = saying(default={"backlash": [0.0, 0.0003]})
    expected = replace(RANDOMIZATIONS["default"], backlash=(0.0, 0.0003))
    assert find_randomization("default", model) == expected
    assert find_randomization("wide", model) == RANDOMIZATIONS["wide"]


def test_a_condition_that_does_not_exist_is_named_with_where_it_stands() -> None:
    with pytest.raises(UnknownNameError, match=r"randomization\.wide of dofbot's arm\.toml"):
        find_randomization("wide", saying(wide={"backlashes": [0.0, 1.0]}))


def test_a_randomization_that_does_not_exist_is_named_with_where_it_stands() -> None:
    with pytest.raises(UnknownNameError, match=r"randomization in dofbot's arm\.toml 'defualt'"):
        find_randomization("default", saying(defualt={"backlash": [0.0, 1.0]}))


@pytest.mark.parametrize("ends", [0.1, [0.1], ["a", "b"]])
def test_a_condition_that_is_no_range_is_named_with_where_it_stands(ends: Any) -> None:
    with pytest.raises(RobotError, match=r"randomization\.default of dofbot's arm\.toml"):
        find_randomization("default", saying(default={"servo_lag": ends}))
