import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.servos.boards import BOARDS, named_board
from hardware.servos.calibration import Calibration, limited, nominal
from hardware.servos.calibration_file import (
    CalibrationError,
    default_calibration_path,
    load_calibration,
    save_calibration,
)
from hardware.servos.servo_entry import entries
from robot.model import load_arm

MODEL = load_arm("dofbot")
DS = named_board("ds")


def changed(calibration: Calibration, servo: int, **values: float) -> Calibration:
    servos = list(calibration.servos)
    servos[servo] = replace(servos[servo], **values)
    return replace(calibration, servos=tuple(servos))


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "deep" / "joints.json"
    save_calibration(path, nominal(MODEL, DS), MODEL, DS)
    return path


@given(data=st.data(), board=st.sampled_from(sorted(BOARDS)))
def test_what_was_saved_is_loaded(tmp_path_factory, data, board):
    board = named_board(board)
    path = tmp_path_factory.getbasetemp() / "round-trip.json"
    limits = [*zip(MODEL.lower, MODEL.upper, strict=True), (0.0, MODEL.gripper.actuator_closed)]
    scales = []
    for usual, ends in zip(nominal(MODEL, board).servos, limits, strict=True):
        gain = data.draw(st.floats(0.81, 1.24)) * data.draw(st.sampled_from((1, -1)))
        offset = np.radians(data.draw(st.floats(-29.0, 29.0)))
        zero = usual.zero + offset * usual.per_radian
        scales.append(limited(board, zero, gain * usual.per_radian, ends))
    saved = Calibration(MODEL.name, board.name, tuple(scales))
    save_calibration(path, saved, MODEL, board)
    loaded = load_calibration(path, MODEL, board)
    for got, meant in zip(loaded.servos, saved.servos, strict=True):
        assert got.zero == pytest.approx(meant.zero, abs=0.005)
        assert got.per_radian == pytest.approx(meant.per_radian, rel=1e-5)
        assert (got.low, got.high) == pytest.approx((meant.low, meant.high), abs=1)


def test_a_person_reads_direction_zero_and_relative_gain(path):
    rows = json.loads(path.read_text())["servos"]
    assert [row["name"] for row in rows] == [*MODEL.joints, "gripper"]
    assert [row["direction"] for row in rows] == [1, -1, -1, -1, 1, 1]
    assert rows[0] == {"name": "joint1", "direction": 1, "zero": 2000.0, "gain": 1.0}


def test_a_file_edited_by_hand_moves_the_zero_the_gain_and_the_ends(path):
    data = json.loads(path.read_text())
    data["servos"][1].update(zero=2050, gain=1.05)
    path.write_text(json.dumps(data))
    servo, usual = load_calibration(path, MODEL, DS).servos[1], nominal(MODEL, DS).servos[1]
    assert servo.per_radian == pytest.approx(1.05 * usual.per_radian)
    assert servo.count(0.0) == 2050
    assert servo.high == round(2050 + 1.05 * usual.per_radian * MODEL.lower[1])
    row = entries(load_calibration(path, MODEL, DS), MODEL, DS)[1]
    assert row.offset(usual) == pytest.approx(-50 / 12.222, abs=0.01)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("kind", "camera", "no calibration of joints"),
        ("arm", "ur5", "made for the arm 'ur5', not for 'dofbot'"),
        ("board", "se", "made for the board 'se', not for 'ds'"),
        ("servos", [], "0 servos, the Yahboom DOFBot has 6"),
        ("servos", None, "no servos"),
    ],
)
def test_a_foreign_file_is_refused_with_the_mend(path, field, value, said):
    data = json.loads(path.read_text())
    data[field] = value
    path.write_text(json.dumps(data))
    with pytest.raises(CalibrationError, match=said) as refusal:
        load_calibration(path, MODEL, DS)
    assert str(path) in str(refusal.value)
    assert "twinarm calibrate joints" in str(refusal.value)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"gain": 1.3}, "joint3: gain 1.3 is outside 0.8 to 1.25"),
        ({"gain": 0}, "outside 0.8 to 1.25"),
        ({"gain": float("nan")}, "gain nan is no sensible number"),
        ({"zero": 10**400}, "no sensible number"),
        ({"zero": "2000"}, "zero '2000' is no sensible number"),
        ({"zero": True}, "no sensible number"),
        ({"zero": 2400}, "joint3: zero at 2400 counts is 33 deg off"),
        ({"direction": 0}, "direction 0 is neither 1 nor -1"),
        ({"name": "joint4"}, "'joint4' stands where 'joint3' is expected"),
        ({"backlash": 1.0}, "needs exactly name, direction, zero, gain"),
    ],
)
def test_an_absurd_entry_is_refused_by_its_name(path, entry, said):
    data = json.loads(path.read_text())
    data["servos"][2].update(entry)
    path.write_text(json.dumps(data))
    with pytest.raises(CalibrationError, match=said):
        load_calibration(path, MODEL, DS)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"servos": 1}', b"9" * 5000])
def test_what_is_no_calibration_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(CalibrationError, match="calibrate anew"):
        load_calibration(path, MODEL, DS)


def test_a_missing_file_names_the_verb_that_makes_it(tmp_path):
    with pytest.raises(CalibrationError, match="`twinarm calibrate joints` makes one"):
        load_calibration(tmp_path / "none.json", MODEL, DS)


def test_an_absurd_calibration_is_not_written_over_a_good_one(path):
    before = path.read_bytes()
    with pytest.raises(CalibrationError, match="deg off"):
        save_calibration(path, changed(nominal(MODEL, DS), 0, zero=1000.0), MODEL, DS)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_the_default_path_names_arm_and_board_and_can_be_moved(monkeypatch, tmp_path):
    monkeypatch.setenv("TWINARM_CALIBRATION", str(tmp_path))
    assert default_calibration_path(MODEL, DS) == tmp_path / "joints-dofbot-ds.json"
    monkeypatch.delenv("TWINARM_CALIBRATION")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_calibration_path(MODEL, DS).parent == tmp_path / ".config" / "twinarm"
