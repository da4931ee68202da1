from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rig import MODEL

from hardware.task_numbers import RANGES, read_task, task_numbers
from robot.errors import RobotError
from robot.task import GraspTask, GraspTaskConfig

GOOD = task_numbers(GraspTaskConfig(narrowest_block=0.02))


@pytest.mark.parametrize("narrowest", [None, 0.02])
def test_a_task_survives_as_numbers(narrowest: float | None) -> None:
    config = GraspTaskConfig(steps=80, period=0.04, clearance=0.002, narrowest_block=narrowest)
    assert read_task(task_numbers(config), MODEL) == config


def test_every_field_of_the_task_has_a_range() -> None:
    assert set(RANGES) == {field.name for field in fields(GraspTaskConfig)}


@given(st.sampled_from(sorted(RANGES)), st.floats() | st.integers(0, 300).map(float))
def test_whatever_value_is_taken_makes_a_task_within_its_ranges(name: str, value: float) -> None:
    try:
        config = read_task(GOOD | {name: value}, MODEL)
    except RobotError as error:
        assert "task: " in str(error)
        return
    for field, (low, high) in RANGES.items():
        assert low <= getattr(config, field) <= high
    GraspTask(MODEL, config)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"steps": 99.5}, "not a whole number"),
        ({"steps": 0.0}, "steps is 0.0, 1 to 1000"),
        ({"steps": 1e18}, "1 to 1000"),
        ({"period": 0.001}, "period is 0.001, 0.01 to 0.2"),
        ({"period": float("nan")}, "period is nan"),
        ({"leash": float("inf")}, "leash is inf"),
        ({"step_size": -0.01}, "step_size"),
        ({"block_size": 0.15}, "the jaws of this dofbot open to"),
        ({"narrowest_block": 0.04}, "blocks from 0.04 to 0.03"),
        ({"__class__": 1.0}, "'__class__' is unknown; the fields are steps, period"),
    ],
)
def test_a_bad_number_is_refused_by_the_name_of_its_field(
    changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(RobotError, match=said):
        read_task(GOOD | changes, MODEL)


def test_a_missing_number_is_named() -> None:
    with pytest.raises(RobotError, match="hold_steps is missing"):
        read_task({name: value for name, value in GOOD.items() if name != "hold_steps"}, MODEL)
