import json
from dataclasses import fields, replace

import numpy as np
import pytest

from robot.errors import RobotError, UnknownNameError
from sim.conditions import NOMINAL, PER_JOINT, Conditions
from sim.randomization import RANDOMIZATIONS, Randomization, named_randomization

NAMES = {field.name for field in fields(Conditions)}


def draws(randomization: Randomization, count: int = 300) -> list[Conditions]:
    random = np.random.default_rng(0)
    return [randomization.draw(random) for _ in range(count)]


def test_every_condition_has_a_range_and_every_range_a_condition() -> None:
    assert {field.name for field in fields(Randomization)} == NAMES


def test_conditions_survive_json() -> None:
    for conditions in (NOMINAL, *draws(RANDOMIZATIONS["wide"], 5)):
        there = json.loads(json.dumps(conditions.to_info()))
        assert Conditions.from_info(there) == conditions


def test_conditions_that_are_not_named_are_nominal() -> None:
    assert Conditions.from_info({"block_size": 0.028}) == replace(NOMINAL, block_size=0.028)


def test_an_unknown_condition_is_refused_with_the_valid_names() -> None:
    with pytest.raises(UnknownNameError, match="'block_sise'; did you mean 'block_size'"):
        Conditions.from_info({"block_sise": 0.03})


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("camera_x", float("nan"), "camera_x nan is not finite"),
        ("camera_fov", float("inf"), "camera_fov inf is not finite"),
        ("zero_offset", [0.0, float("nan")], "zero_offset .* is not finite"),
        ("block_size", 0.0, "block_size 0.0 must be positive"),
        ("joint_gain", [1.0, -1.0], "joint_gain .* must be positive"),
        ("depth_noise", -0.001, "depth_noise -0.001 is negative"),
        ("table_height", "high", "table_height 'high' is not a number"),
        ("zero_offset", 0.1, "zero_offset 0.1 is not a list of numbers"),
    ],
)
def test_impossible_conditions_are_refused_by_name(name: str, value: object, why: str) -> None:
    with pytest.raises(RobotError, match=why):
        Conditions.from_info({name: value})


def test_off_is_always_nominal_and_takes_nothing_from_the_generator() -> None:
    random = np.random.default_rng(0)
    assert RANDOMIZATIONS["off"].draw(random) == NOMINAL
    assert random.random() == np.random.default_rng(0).random()


@pytest.mark.parametrize("name", ["default", "wide"])
def test_draws_fill_their_ranges_and_never_leave_them(name: str) -> None:
    randomization = RANDOMIZATIONS[name]
    drawn = draws(randomization)
    for condition, (low, high) in randomization.ranges().items():
        values = np.array([getattr(conditions, condition) for conditions in drawn])
        shares = (values - low) / (high - low)
        assert (shares >= -1e-9).all() and (shares <= 1 + 1e-9).all(), condition
        assert shares.min() < 0.05 and shares.max() > 0.95, condition
        assert values.shape == ((300, 5) if condition in PER_JOINT else (300,))


def test_wide_contains_default() -> None:
    default = RANDOMIZATIONS["default"].ranges()
    for name, (low, high) in RANDOMIZATIONS["wide"].ranges().items():
        assert low <= max(default[name][0], low) <= default[name][1] <= high, name


def test_joints_are_drawn_apart_and_as_many_as_the_arm_has() -> None:
    drawn = RANDOMIZATIONS["default"].draw(np.random.default_rng(0), 6)
    assert len(set(drawn.zero_offset)) == len(set(drawn.joint_gain)) == 6


def test_an_unknown_randomization_is_refused_with_the_valid_names() -> None:
    with pytest.raises(UnknownNameError, match="'widr'; did you mean 'wide'"):
        named_randomization("widr")


@pytest.mark.parametrize("bad", [(1.0, 0.0), (0.0, float("inf")), (float("nan"), 1.0)])
def test_a_range_must_be_one(bad: tuple[float, float]) -> None:
    with pytest.raises(RobotError, match="camera_x"):
        Randomization(camera_x=bad)


def test_a_range_must_be_possible() -> None:
    with pytest.raises(RobotError, match="block_mass"):
        Randomization(block_mass=(-0.01, 0.02))
