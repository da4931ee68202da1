import time
from collections.abc import Iterator

import numpy as np
import pytest

from cli.arms import open_cell
from hardware.errors import ServerGoneError
from hardware.keys import KeyStore
from hardware.local import EmulatedServerProcess
from hardware.remote_arm import RemoteArm
from robot.command import JointCommand
from robot.errors import RobotError
from robot.model import load_arm

KUKA = load_arm("kuka")


@pytest.fixture(scope="module")
def server(store: KeyStore) -> Iterator[EmulatedServerProcess]:
    with EmulatedServerProcess("kuka", keys=store) as server:
        yield server


def test_an_arm_without_servos_or_jaws_is_moved_over_the_bridge(
    server: EmulatedServerProcess, store: KeyStore
) -> None:
    with RemoteArm(server.url, keys=store) as arm:
        assert arm.model is KUKA
        target = JointCommand(arm.state().positions + 0.1, 0.02)
        for _ in range(60):
            applied = arm.command(target)
            time.sleep(0.02)
        np.testing.assert_allclose(arm.state().positions, target.positions, atol=0.01)
        assert applied.gripper == arm.state().gripper == 0.0


def test_a_server_moves_it_no_faster_than_its_joints_turn(
    server: EmulatedServerProcess, store: KeyStore
) -> None:
    with RemoteArm(server.url, keys=store) as arm:
        start, speeds = arm.state().positions, []
        for _ in range(40):
            arm.command(JointCommand(start + 0.4, 0.0))
            time.sleep(0.02)
            speeds.append(np.abs(arm.state().velocities))
        assert np.max(speeds) > 0.1
        assert (np.max(speeds, axis=0) <= 1.05 * KUKA.max_velocity).all()


@pytest.mark.parametrize("mirror", [False, True])
def test_what_is_made_for_another_arm_is_refused_by_name(
    server: EmulatedServerProcess, store: KeyStore, mirror: bool
) -> None:
    complaint = r"is a kuka, and what shall move it is for a dofbot: .* policy or recording of a"
    with (
        pytest.raises(RobotError, match=complaint),
        open_cell(server.url, "dofbot", mirror, keys=store.folder),
    ):
        pass


def test_a_servo_board_says_that_the_arm_has_no_servos(store: KeyStore) -> None:
    options = ("--driver", "se", "--device", "/dev/null")
    with (
        pytest.raises(ServerGoneError),
        EmulatedServerProcess("kuka", keys=store, options=options),
    ):
        pass
