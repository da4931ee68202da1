import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robot.errors import RobotError
from robot.estimate import Estimate
from robot.model import load_arm
from robot.servo_file import IdentifiedServos, read_servos, servos_from_json

MODEL = load_arm("dofbot")


def servos(**changes: Any) -> IdentifiedServos:
    fields: dict[str, Any] = {
        "arm": "dofbot",
        "date": "2026-03-31",
        "source": "a test",
        "lag": Estimate(0.08, 0.002),
        "speed": None,
        "backlash": Estimate(0.009, 0.001),
        "zero_offset": tuple(Estimate(0.01 * i, 0.002) for i in range(5)),
        "joint_gain": (Estimate(1.01, 0.001), None, *(Estimate(0.99, 0.001),) * 3),
        "residual": 0.0008,
    }
    return IdentifiedServos(**(fields | changes))


def estimates(low: float, high: float) -> st.SearchStrategy[Estimate | None]:
    return st.none() | st.builds(Estimate, st.floats(low, high), st.floats(0.0, 0.5))


@given(
    lag=estimates(0.0, 2.0),
    backlash=estimates(0.0, 0.5),
    zeros=st.lists(estimates(-1.5, 1.5), min_size=5, max_size=5),
    residual=st.none() | st.floats(0.0, 1.0),
)
def test_what_is_written_is_read_again(
    lag: Estimate | None,
    backlash: Estimate | None,
    zeros: list[Estimate | None],
    residual: float | None,
) -> None:
    ours = servos(lag=lag, backlash=backlash, zero_offset=tuple(zeros), residual=residual)
    assert servos_from_json(json.loads(json.dumps(ours.to_json())), MODEL) == ours


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"arm": "ur5"}, "those of a 'ur5', not of a 'dofbot'"),
        ({"format": "servos"}, "no servo file"),
        ({"version": 2}, "version 2, not 1"),
        ({"date": "yesterday"}, "no date such as 2026-03-31"),
        ({"source": 3}, "source 3 is not a text"),
        ({"lag_s": {"value": -0.01, "std": 0.0}}, "lag_s.value is -0.01, not a number from 0"),
        ({"lag_s": {"value": 0.1, "std": -1.0}}, "lag_s.std is -1.0"),
        ({"lag_s": {"value": True, "std": 0.0}}, "lag_s.value is True"),
        ({"lag_s": {"value": "0.1", "std": 0.0}}, "lag_s.value is '0.1'"),
        ({"lag_s": {"value": 0.1}}, "missing: std"),
        ({"lag_s": {"value": 0.1, "std": 0.0, "unit": "s"}}, "unknown: unit"),
        ({"lag_s": 0.1}, "lag_s is neither null nor a value with its std"),
        ({"speed_rad_s": {"value": 0.0, "std": 0.0}}, "speed_rad_s.value is 0.0"),
        ({"zero_offset_rad": []}, r"zero_offset_rad is not a list of 5"),
        ({"joint_gain": [{"value": 9.0, "std": 0.0}] * 5}, r"joint_gain\[0\].value is 9.0"),
        ({"residual_m": -1.0}, "residual_m is -1.0"),
        ({"extra": 1}, "unknown: extra"),
    ],
)
def test_a_bad_file_is_refused_with_its_entry(
    tmp_path: Path, change: dict[str, Any], why: str
) -> None:
    path = tmp_path / "servos-dofbot.json"
    path.write_text(json.dumps(servos().to_json() | change))
    with pytest.raises(RobotError, match=rf"servos-dofbot\.json: .*{why}"):
        read_servos(path, MODEL)


@pytest.mark.parametrize("name", list(servos().to_json()))
def test_a_missing_entry_is_refused(tmp_path: Path, name: str) -> None:
    data = servos().to_json()
    del data[name]
    path = tmp_path / "servos.json"
    path.write_text(json.dumps(data))
    with pytest.raises(RobotError, match=r"missing: |no servo file|version None"):
        read_servos(path, MODEL)


@pytest.mark.parametrize("text", ["", "[]", "{", '"servos"', "[" * 100_000, "\udcff"])
def test_what_is_no_json_of_servos_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "servos.json"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(RobotError, match=r"servos\.json"):
        read_servos(path, MODEL)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_not_finite_are_refused(tmp_path: Path, number: str) -> None:
    path = tmp_path / "servos.json"
    path.write_text(json.dumps(servos().to_json()).replace("0.08,", f"{number},"))
    with pytest.raises(RobotError, match=r"not a number"):
        read_servos(path, MODEL)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RobotError, match=r"nowhere\.json"):
        read_servos(tmp_path / "nowhere.json", MODEL)
