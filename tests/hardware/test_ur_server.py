"""A UR behind the server: its watchdogs and stops, faults latched and re-armed, a kill."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from rig import eventually
from ur_rig import MODEL, START, furthest, needs_library, robot

from hardware.drivers import arm_driver
from hardware.emulation.ur.process import EmulatedUrProcess
from hardware.errors import ServerGoneError
from hardware.local import EmulatedServerProcess
from hardware.remote_arm import RemoteArm
from hardware.serve_config import ServeConfig
from robot.command import JointCommand
from robot.errors import ArmError, RobotError
from robot.model import load_arm

needs_library()

ROOT = Path(__file__).parents[2]
AWAY = JointCommand(START + np.array([0.4, 0.0, 0.0, 0.0, 0.3, -0.4]), 0.03)


@pytest.fixture
def arm(ur_url: str, emulated_ur: EmulatedUrProcess) -> Iterator[RemoteArm]:
    """The arm of a new controller, on its way back from wherever it is."""
    emulated_ur.happen("recover")
    with RemoteArm(ur_url) as arm:
        arm.rearm()
        assert eventually(lambda: emulated_ur.happen("state")["running"])
        yield arm


def drive(arm: RemoteArm, target: JointCommand, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        arm.command(target)
        time.sleep(0.03)


def test_a_silent_controller_lets_it_hold(arm: RemoteArm, emulated_ur: EmulatedUrProcess) -> None:
    drive(arm, JointCommand(START - 0.3, 0.05), 0.5)
    assert eventually(lambda: arm.telemetry().mode == "holding")
    assert "watchdog" in arm.telemetry().cause
    assert eventually(lambda: np.abs(emulated_ur.happen("state")["velocities"]).max() < 0.01)
    time.sleep(0.4)
    assert emulated_ur.happen("state")["running"]


def test_an_emergency_stop_brakes_it_and_lasts_until_rearmed(
    arm: RemoteArm, emulated_ur: EmulatedUrProcess
) -> None:
    drive(arm, AWAY, 0.6)
    moving = emulated_ur.happen("state")
    arm.emergency_stop()
    assert eventually(lambda: np.abs(emulated_ur.happen("state")["velocities"]).max() < 0.02)
    time.sleep(0.4)
    stands = emulated_ur.happen("state")
    assert np.abs(stands["velocities"]).max() < 0.02 and stands["running"]
    assert furthest(stands["positions"], moving["positions"]) < 0.3
    with pytest.raises(ArmError, match="re-arm"):
        arm.command(AWAY)
    arm.rearm()
    drive(arm, AWAY, 0.3)


def test_a_protective_stop_is_latched_and_named_until_mended_and_rearmed(
    arm: RemoteArm, emulated_ur: EmulatedUrProcess
) -> None:
    drive(arm, JointCommand(START - 0.2, 0.05), 0.4)
    emulated_ur.happen("protective_stop")
    assert eventually(lambda: arm.telemetry().mode == "stopped")
    assert "protective stop: look what it ran into" in arm.telemetry().cause
    assert any("protective stop" in fault for fault in arm.state().faults)
    arm.rearm()
    time.sleep(0.2)
    assert arm.telemetry().mode == "stopped", "nobody enabled the robot"
    where = emulated_ur.happen("recover")["positions"]
    time.sleep(0.2)
    with pytest.raises(ArmError, match="protective stop"):
        arm.command(AWAY)
    arm.rearm()
    assert eventually(lambda: arm.state().faults == ())
    assert furthest(emulated_ur.happen("state")["positions"], where) < 0.02
    drive(arm, AWAY, 0.3)


def test_a_killed_server_leaves_a_robot_that_stops() -> None:
    with robot() as emulated:
        command = [sys.executable, "-m", "hardware.serve", "--arm", "ur5", "--driver", "ur"]
        command += ["--device", emulated.host, "--insecure-loopback", "--port", "0", "--quiet"]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            url = server.stdout.readline().split()[2]
            with pytest.raises(ServerGoneError), RemoteArm(url) as arm:
                drive(arm, AWAY, 0.6)
                moving = emulated.happen("state")
                server.kill()
                time.sleep(1.0)
        stands = emulated.happen("state")
        assert moving["running"] and np.abs(moving["velocities"]).max() > 0.05
        assert not stands["running"] and np.abs(stands["velocities"]).max() < 1e-3


def test_an_emulated_ur_is_served_like_any_emulated_arm() -> None:
    with EmulatedServerProcess("ur5") as server, RemoteArm(server.url) as arm:
        assert arm.model.name == "ur5"
        assert furthest(arm.state().positions, MODEL.home) < 1e-3
    assert server.process.returncode == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"driver": "ur", "arm": "ur5"}, "--driver ur needs the robot's address: --device"),
        ({"driver": "ur", "device": "127.0.9.9"}, "moves 6 joints, the Yahboom DOFBot has 5"),
        ({"driver": "urr", "arm": "ur5"}, "unknown driver 'urr'; did you mean 'ur'?"),
        ({"board": "ur"}, "--board ur has 6 joints, the Yahboom DOFBot has 5"),
    ],
)
def test_what_cannot_be_served_is_told_with_the_mend(options: dict[str, str], said: str) -> None:
    config = ServeConfig(**options)
    with pytest.raises(RobotError, match=re.escape(said)), arm_driver(config, load_arm(config.arm)):
        pass


def test_a_cell_of_emulated_servos_is_not_wired_to_a_ur() -> None:
    config = ServeConfig(arm="ur5", board="ur")
    with pytest.raises(RobotError, match="--cell"), arm_driver(config, MODEL, lambda port: None):
        pass
