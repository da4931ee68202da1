"""A real server process at the port of an emulated board that this process looks into."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from rig import MODEL, eventually
from test_faults import MOVER, ROOT

from hardware.emulation.board import EmulatedBoard
from hardware.keys import KeyStore
from hardware.remote_arm import RemoteArm
from hardware.servos.boards import BOARDS
from hardware.servos.calibration import nominal
from hardware.servos.calibration_file import (
    default_calibration_path,
    save_calibration,
)
from robot.command import JointCommand
from robot.errors import ArmError
from robot.machine_files import FOLDER_VARIABLE

NOMINAL = nominal(MODEL, BOARDS["ds"])
ALMOST_FOLDED = JointCommand(0.85 * MODEL.rest, 0.05)
AWAY = JointCommand(0.7 * MODEL.rest + 0.1, 0.03)


@dataclass
class Served:
    board: EmulatedBoard
    process: subprocess.Popen[str]
    url: str

    def log_after(self, number: signal.Signals) -> str:
        """Send a signal and return what the server logged until it had ended well."""
        self.process.send_signal(number)
        logged = self.process.communicate(timeout=60)[1]
        assert self.process.returncode == 0
        return logged


@contextmanager
def served(store: KeyStore, *options: str, calibrations: Path | None = None) -> Iterator[Served]:
    with EmulatedBoard(MODEL, BOARDS["ds"], pose=ALMOST_FOLDED) as board:
        command = [sys.executable, "-m", "hardware.serve", "--driver", "ds", "--port", "0"]
        command += ["--device", board.device, "--keys", str(store.folder), *options]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, FOLDER_VARIABLE: str(calibrations or store.folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            yield Served(board, process, process.stdout.readline().split()[2])
        finally:
            process.kill()
            process.wait()
        assert board.monitor.breaches == () and board.monitor.writes_seen > 0


def lies_at_rest(board: EmulatedBoard) -> bool:
    positions, _ = NOMINAL.place(board.servos.measured(), MODEL)
    return bool(np.abs(positions - MODEL.rest).max() < 0.1)


def held_after(board: EmulatedBoard, happened: float) -> float:
    """Return how long after ``happened`` [s] a target was written that none came after [s]."""
    writes = board.monitor.writes(happened)
    held = writes[-1]
    for write in reversed(writes):
        if write.targets != held.targets:
            break
        held = write
    return held.time - happened


def move_away(arm: RemoteArm, seconds: float = 0.5) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        arm.command(AWAY)
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_folds_the_arm_which_then_goes_limp(
    store: KeyStore, number: signal.Signals
) -> None:
    with served(store) as server:
        with RemoteArm(server.url, keys=store) as arm:
            move_away(arm)
            server.process.send_signal(number)
            with pytest.raises(ArmError, match="shutting down"):
                move_away(arm)
        logged = server.process.communicate(timeout=60)[1]
        assert server.process.returncode == 0
        assert "rest pose: torque is off" in logged and "no calibration at" in logged
        assert not server.board.servos.torque and lies_at_rest(server.board)


def test_a_second_signal_leaves_the_arm_holding_where_it_is(store: KeyStore) -> None:
    with served(store) as server:
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        logged = server.log_after(signal.SIGTERM)
        assert "not folded (interrupted): the arm holds" in logged
        assert "keep holding; support the arm" in logged
        assert server.board.servos.torque and not lies_at_rest(server.board)


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_an_arm_in_an_emergency_is_not_folded(store: KeyStore, when: str) -> None:
    with served(store) as server:
        arm = RemoteArm(server.url, keys=store)
        arm.connect()
        move_away(arm)
        if when == "before":
            arm.emergency_stop()
            logged = server.log_after(signal.SIGTERM)
        else:
            server.process.send_signal(signal.SIGTERM)
            assert eventually(lambda: arm.telemetry().mode == "resting")
            arm.emergency_stop()
            logged = server.process.communicate(timeout=60)[1]
        arm.disconnect()
        assert "not folded (emergency stop by" in logged
        assert server.board.servos.torque and not lies_at_rest(server.board)


def test_a_driver_fault_names_the_servo_and_can_be_recovered_from(store: KeyStore) -> None:
    with served(store) as server, RemoteArm(server.url, keys=store) as arm:
        move_away(arm, 0.3)
        server.board.faults.missing = {5}
        assert eventually(lambda: arm.telemetry().mode == "stopped")
        assert "driver fault: joint5: servo 5 gives no answer" in arm.telemetry().cause
        with pytest.raises(ArmError, match="joint5"):
            arm.command(AWAY)
        assert server.board.servos.torque
        server.board.faults.missing = set()
        arm.rearm()
        move_away(arm, 0.3)


def test_an_emergency_stop_is_on_the_bus_in_a_moment(store: KeyStore) -> None:
    delays = []
    with served(store, "--no-park") as server, RemoteArm(server.url, keys=store) as arm:
        for swing in range(3):
            target = JointCommand(MODEL.rest * (0.5 if swing % 2 else 0.7), 0.03)
            for _ in range(15):
                arm.command(target)
                time.sleep(0.02)
            happened = time.monotonic()
            arm.emergency_stop()
            time.sleep(0.3)
            delays.append(held_after(server.board, happened))
            arm.rearm()
    assert sorted(delays)[1] < 0.025


def test_a_killed_client_is_noticed_and_the_arm_held(store: KeyStore) -> None:
    with served(store, "--no-park") as server:
        mover = [sys.executable, "-c", MOVER, server.url, str(store.folder)]
        with subprocess.Popen(mover, cwd=ROOT, stdout=subprocess.PIPE, text=True) as client:
            assert client.stdout is not None and client.stdout.readline() == "connected\n"
            time.sleep(0.6)
            client.kill()
            killed = time.monotonic()
        time.sleep(0.7)
        assert held_after(server.board, killed) < 0.4
        assert server.board.servos.torque


def test_a_real_arm_is_driven_as_it_was_calibrated_on_this_machine(
    store: KeyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shoulder = replace(NOMINAL.servos[1], zero=NOMINAL.servos[1].zero + 40)
    calibration = replace(NOMINAL, servos=(NOMINAL.servos[0], shoulder, *NOMINAL.servos[2:]))
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    file = default_calibration_path(MODEL, BOARDS["ds"])
    save_calibration(file, calibration, MODEL, BOARDS["ds"])
    with served(store, "--no-park", calibrations=tmp_path) as server:
        with RemoteArm(server.url, keys=store, observe=True) as arm:
            expected = shoulder.angle(server.board.servos.measured()[2])
            assert arm.state().positions[1] == pytest.approx(expected, abs=1e-3)
            assert abs(expected) > 0.05
        assert f"joints calibrated in {file}" in server.log_after(signal.SIGTERM)


def test_an_arm_whose_cable_was_pulled_is_told_without_a_traceback(store: KeyStore) -> None:
    with served(store) as server:
        server.board.__exit__(None, None, None)
        logged = server.log_after(signal.SIGTERM)
        assert "is gone: plug the cable in again" in logged and "Traceback" not in logged
