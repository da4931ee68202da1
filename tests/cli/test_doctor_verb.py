import json
import os
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest
from nobody import as_nobody
from virtual_gamepad import VirtualGamepad

from cli.doctor_board import board_findings
from cli.doctor_cameras import camera_findings
from cli.doctor_pi import pi_findings
from cli.doctor_ports import port_findings
from cli.doctor_service import service_findings
from cli.doctor_teleop import teleop_findings
from cli.install import unit_path
from cli.main import main
from hardware.emulation.board import EmulatedBoard
from hardware.keys import KeyStore
from hardware.servo_port import ServoPort
from hardware.servos.boards import BOARDS, named_board
from hardware.servos.calibration import nominal
from hardware.servos.calibration_file import default_calibration_path, save_calibration
from robot.model import load_arm

MODEL = load_arm("dofbot")
DS = named_board("ds")


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINARM_CALIBRATION", str(tmp_path / "calibration"))
    monkeypatch.setenv("TWINARM_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def dev():
    """A folder of ports that any user may look into."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        path = Path(folder)
        path.chmod(0o755)
        yield path


def doctor(capsys, *args):
    code = main(["doctor", *args])
    return code, capsys.readouterr().out


def line_with(told, words):
    (line,) = [line for line in told.splitlines() if words in line]
    return line


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_servos_are_asked_and_left_alone(board):
    with EmulatedBoard(MODEL, board) as emulated:
        port = ServoPort(board, emulated.device, emulated.bus(), emulated)
        findings = list(board_findings(MODEL, port, nominal(MODEL, board)))
        port.bus.close()
        assert emulated.monitor.writes_seen == 0
        assert emulated.servos.limp == set(range(1, 7))
    assert [finding for finding in findings if finding.good is False] == []
    assert str(findings[2]).startswith("ok     joint2: servo 2 answers")


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        (["--faults.missing", "3"], "broken joint3: servo 3"),
        (["--faults.missing", "4", "5", "6"], "most likely the cable from servo 3 to servo 4"),
        (["--faults.volts", "5.2"], "broken servo supply: 5.2 V, which is too low"),
        (["--faults.stuck"], "no servo from 1 to 6 answers"),
    ],
)
def test_a_fault_is_told_in_plain_words_and_ends_with_exit_code_1(faults, said, capsys):
    code, told = doctor(capsys, "--driver", "emulated", "--board", "feetech", *faults)
    assert code == 1
    assert said in told


def test_a_board_of_another_kind_is_told_by_its_name(capsys):
    with EmulatedBoard(MODEL, named_board("se")) as board:
        code, told = doctor(capsys, "--driver", "ds", "--device", board.device)
    assert code == 1
    assert "answers like the DOFBOT-SE serial board, not like the" in told


def test_a_joint_beyond_its_range_is_told_before_the_server_refuses_it(capsys):
    with EmulatedBoard(MODEL, DS) as board:
        board.servos.hand([0.0, 1.8])
        code, told = doctor(capsys, "--driver", "ds", "--device", board.device)
    assert code == 1
    assert "beyond its range" in line_with(told, "joint2: servo 2")


def test_positions_are_told_by_the_calibration_and_its_oddities_named(capsys):
    path = default_calibration_path(MODEL, DS)
    save_calibration(path, nominal(MODEL, DS), MODEL, DS)
    data = json.loads(path.read_text())
    data["servos"][0].update(zero=2122.22)
    data["servos"][1].update(direction=1)
    path.write_text(json.dumps(data))
    with EmulatedBoard(MODEL, DS) as board:
        code, told = doctor(capsys, "--driver", "ds", "--device", board.device)
    assert code == 0, told
    assert "joint1: servo 1 answers, at 2000 counts, -10 deg" in told
    assert "calibration: joint1 its zero is unusual" in told
    assert "calibration: joint2 turns the other way round" in told


def test_a_calibration_of_another_arm_is_broken_even_if_no_board_is_asked(capsys):
    path = default_calibration_path(MODEL, DS)
    save_calibration(path, nominal(MODEL, DS), MODEL, DS)
    path.write_text(path.read_text().replace('"dofbot"', '"ur5"'))
    code, told = doctor(capsys)
    assert code == 1
    assert "made for the arm 'ur5'" in told


def test_a_key_that_others_can_read_is_broken(capsys):
    store = KeyStore()
    store.own_or_new("server")
    assert doctor(capsys)[0] == 0
    (store.folder / "server.key").chmod(0o644)
    code, told = doctor(capsys)
    assert code == 1
    assert f"chmod 600 {store.folder / 'server.key'}" in told


def test_a_port_without_permission_names_the_group_that_has_it(dev):
    port = dev / "ttyUSB0"
    port.touch(mode=0o000)
    told = as_nobody(lambda: port_findings(dev))
    assert "may not use it" in line_with(told, str(port))
    assert "->" in told


def test_a_port_in_use_names_the_program(dev):
    port = dev / "ttyACM0"
    port.touch()
    with port.open() as file, subprocess.Popen(["sleep", "60"], stdin=file) as holder:
        file.close()
        told = "\n".join(map(str, port_findings(dev)))
        holder.kill()
    assert f"in use by 'sleep 60' (process {holder.pid})" in told


def test_without_any_port_it_says_so(dev):
    assert "none here" in "\n".join(map(str, port_findings(dev)))


def test_a_camera_is_told_by_its_maker_and_whether_it_may_be_used(dev):
    sysfs = dev / "sysfs"
    (sysfs / "video0").mkdir(parents=True)
    (sysfs / "video0" / "name").write_text("USB Camera\n")
    camera = dev / "video0"
    camera.touch(mode=0o666)
    (told,) = map(str, camera_findings(dev, sysfs))
    assert f"{camera} (USB Camera): free" in told
    camera.chmod(0)
    told = as_nobody(lambda: camera_findings(dev, sysfs))
    assert "may not use it" in line_with(told, str(camera)) and "->" in told


def test_without_any_camera_it_says_so(dev):
    (told,) = map(str, camera_findings(dev, dev))
    assert "cameras: none here" in told


def test_it_tells_what_teleoperation_lacks_with_the_mends(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":77")
    told = "\n".join(map(str, teleop_findings()))
    assert "none answers at :77" in told and "ssh -X" in told
    assert "pose, hand, hand-lite missing" in told and "-> twinarm models fetch" in told
    assert "no gamepad is plugged in\n       -> plug one in" in told


def test_it_tells_what_works_for_teleoperation(monkeypatch, model_files):
    monkeypatch.setenv("TWINARM_MODELS", str(model_files["pose"].parent))
    with VirtualGamepad() as gamepad, socket.create_server(("127.0.0.1", 0)) as display:
        gamepad.plug()
        monkeypatch.setenv("DISPLAY", f"127.0.0.1:{display.getsockname()[1] - 6000}")
        told = list(teleop_findings())
    assert [finding.good for finding in told] == [True] * 3
    assert str(told[2]) == "ok     gamepad: Virtual Controller"


@pytest.mark.parametrize(("alarm", "said"), [("0", "is normal"), ("1", "under-voltage")])
def test_a_pi_tells_its_supply_and_that_i2c_is_off(tmp_path, alarm, said):
    tree, sensor = tmp_path / "model", tmp_path / "hwmon1"
    tree.write_bytes(b"Raspberry Pi 5 Model B Rev 1.0\0")
    sensor.mkdir()
    (sensor / "name").write_text("rpi_volt\n")
    (sensor / "in0_lcrit_alarm").write_text(f"{alarm}\n")
    bus, supply = pi_findings(tree, tmp_path, str(tmp_path / "i2c-1"))
    assert bus.mend == "sudo raspi-config nonint do_i2c 0"
    assert said in supply.what
    assert supply.good is (alarm == "0")


def test_a_machine_that_is_no_pi_has_nothing_of_one(tmp_path):
    assert list(pi_findings(tmp_path / "none")) == []


@pytest.mark.parametrize(
    ("state", "good", "said"),
    [
        ("active", True, "runs"),
        ("inactive", None, "stopped"),
        ("activating", False, "it said: twinarm: there is no port /dev/ttyUSB0"),
    ],
)
def test_the_service_is_told_as_systemd_sees_it(tmp_path, monkeypatch, state, good, said):
    said_last = "twinarm: there is no port /dev/ttyUSB0"
    for program, words in (("systemctl", state), ("journalctl", said_last)):
        (tmp_path / program).write_text(f'#!/bin/sh\necho "{words}"\n')
        (tmp_path / program).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert list(service_findings()) == []
    unit_path().parent.mkdir(parents=True)
    unit_path().touch()
    (finding,) = service_findings()
    assert finding.good is good
    assert said in finding.what
