"""Faults made to happen: processes killed or frozen, threads hung, cables cut in mid-motion."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import active_count

import numpy as np
import pytest
from rig import MODEL, RawClient, RunningServer, away_from_home, eventually, forward, still

from hardware.emulation.ideal_joints import IdealJoints
from hardware.errors import ServerGoneError
from hardware.keys import KeyStore
from hardware.local import EmulatedServerProcess
from hardware.messages import Accepted
from hardware.remote_arm import RemoteArm
from hardware.server import Timing
from robot.command import ArmState, JointCommand
from robot.errors import ArmError

Serve = Callable[..., RunningServer]
ROOT = Path(__file__).parents[2]
WATCHDOG = 0.3
SLACK = 0.25  # [s] on a busy machine

MOVER = """
import sys, time
from hardware.keys import KeyStore
from hardware.remote_arm import RemoteArm
from robot.command import JointCommand
arm = RemoteArm(sys.argv[1], keys=KeyStore(sys.argv[2]))
arm.connect()
print("connected", flush=True)
while True:
    arm.command(JointCommand(arm.state().positions + 0.3, 0.03))
    time.sleep(0.02)
"""


@contextmanager
def mover(server: RunningServer, store: KeyStore) -> Iterator[subprocess.Popen[str]]:
    """Another process that moves the arm; its first motion has begun."""
    command = [sys.executable, "-c", MOVER, server.url, str(store.folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "connected\n"
        assert eventually(lambda: away_from_home(server.driver) > 0.05)
        try:
            yield process
        finally:
            process.kill()


def seconds_until_holding(observer: RemoteArm, since: float) -> float:
    """Wait for the server to hold; return when it did, on the clock both processes share."""
    assert eventually(lambda: observer.telemetry().mode == "holding")
    return observer.telemetry().stamp - since


def test_a_killed_client_makes_the_arm_hold_and_frees_the_lease(
    serve: Serve, store: KeyStore
) -> None:
    server = serve()
    with (
        RemoteArm(server.url, keys=store, observe=True) as observer,
        mover(server, store) as process,
    ):
        process.send_signal(signal.SIGKILL)
        assert seconds_until_holding(observer, time.monotonic()) < WATCHDOG + SLACK
        assert observer.telemetry().counters["leases_lost"] == 1, "sooner than the watchdog"
        assert observer.telemetry().holder == ""
    time.sleep(0.2)
    assert still(server.driver)
    with RemoteArm(server.url, keys=store) as successor:
        successor.command(forward(0.0))


def test_a_frozen_client_makes_the_arm_hold_within_the_watchdog_time(
    serve: Serve, store: KeyStore
) -> None:
    server = serve()
    with (
        RemoteArm(server.url, keys=store, observe=True) as observer,
        mover(server, store) as process,
    ):
        process.send_signal(signal.SIGSTOP)
        assert seconds_until_holding(observer, time.monotonic()) < WATCHDOG + SLACK
        assert "watchdog" in observer.telemetry().cause
        assert observer.telemetry().counters["watchdog_holding"] == 1
        time.sleep(0.2)
        assert still(server.driver)
        assert eventually(lambda: observer.telemetry().holder == ""), "as after a cut cable"


def test_the_watchdog_holds_even_if_the_network_thread_hangs(serve: Serve, store: KeyStore) -> None:
    server = serve()
    with RawClient(server.url, store) as client:
        client.take_lease()
        target = MODEL.home + 0.6
        assert isinstance(client.ask(client.move(1, target)), Accepted)
        server.hang_network()
        time.sleep(WATCHDOG + SLACK + 0.1)
        assert 0.02 < away_from_home(server.driver) < 0.5
        assert still(server.driver)


def test_a_silent_client_makes_the_arm_fold_to_rest_later_but_not_at_power_on(
    serve: Serve, store: KeyStore
) -> None:
    server = serve(timing=Timing(watchdog_s=0.1, rest_after_s=0.3))
    time.sleep(0.5)
    assert away_from_home(server.driver) < 1e-3, "nothing may move at power-on"
    with RemoteArm(server.url, keys=store) as arm:
        arm.command(forward(0.05))
        assert eventually(lambda: arm.telemetry().mode == "resting")
        where = arm.state().positions
        time.sleep(0.5)
        distance = np.abs(arm.state().positions - MODEL.rest).max()
        assert distance < np.abs(where - MODEL.rest).max() - 0.1
        speed = np.abs(arm.state().velocities) / MODEL.max_velocity
        assert speed.max() < 0.25
        arm.command(forward(0.05))
        assert eventually(lambda: arm.telemetry().mode == "following")


def test_a_killed_server_is_told_within_a_moment_in_mid_motion(store: KeyStore) -> None:
    with EmulatedServerProcess(keys=store) as server:
        arm = RemoteArm(server.url, keys=store, timeout_s=5.0)
        arm.connect()
        for _ in range(10):
            arm.command(forward())
            time.sleep(0.01)
        server.process.kill()
        killed = time.monotonic()
        with pytest.raises(ServerGoneError, match="is gone"):
            while True:
                arm.command(forward())
        assert time.monotonic() - killed < 2.0, "sooner than the timeout"
        with pytest.raises(ServerGoneError):
            arm.state()
        with pytest.raises(ServerGoneError):
            arm.stop()
        arm.disconnect()


def test_a_frozen_server_is_told_within_the_timeout(store: KeyStore) -> None:
    with EmulatedServerProcess(keys=store) as server:
        arm = RemoteArm(server.url, keys=store, timeout_s=0.4)
        arm.connect()
        server.process.send_signal(signal.SIGSTOP)
        frozen = time.monotonic()
        try:
            with pytest.raises(ServerGoneError, match=r"no answer .* within 0\.4 s"):
                arm.command(forward())
            assert time.monotonic() - frozen < 0.4 + SLACK
            with pytest.raises(ServerGoneError, match="no measurement"):
                arm.state()
        finally:
            server.process.send_signal(signal.SIGCONT)
            arm.disconnect()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_server_in_good_order(store: KeyStore, number: int) -> None:
    with EmulatedServerProcess(keys=store) as server, RemoteArm(server.url, keys=store) as arm:
        arm.command(forward())
        server.process.send_signal(number)
        assert server.process.wait(20.0) == 0
        with pytest.raises(ServerGoneError):
            arm.command(forward())
        arm.disconnect()


def test_a_server_process_dies_with_its_parent(store: KeyStore) -> None:
    parent = (
        "import sys, time\n"
        "from hardware.keys import KeyStore\n"
        "from hardware.local import EmulatedServerProcess\n"
        "with EmulatedServerProcess(keys=KeyStore(sys.argv[1])) as server:\n"
        "    print(server.process.pid, flush=True)\n"
        "    time.sleep(60)\n"
    )
    command = [sys.executable, "-c", parent, str(store.folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        process.kill()
    assert eventually(lambda: not Path(f"/proc/{child}").exists() or _is_zombie(child))


def _is_zombie(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


class FailingDriver(IdealJoints):
    """Servos that can be made to fail the way a bus does."""

    fault: Exception | None = None
    measures_nan = False

    def measure(self) -> ArmState:
        if self.fault is not None:
            raise self.fault
        state = super().measure()
        if not self.measures_nan:
            return state
        return ArmState(state.positions * np.nan, state.velocities, state.gripper, state.stamp)


@pytest.mark.parametrize("fault", [ArmError("servo 3 does not answer"), OSError("bus"), None])
def test_a_driver_fault_stops_the_arm_is_told_and_needs_rearming(
    serve: Serve, store: KeyStore, fault: Exception | None
) -> None:
    driver = FailingDriver(MODEL)
    server = serve(driver=driver)
    with RemoteArm(server.url, keys=store) as arm:
        arm.command(forward())
        driver.fault, driver.measures_nan = fault, fault is None
        assert eventually(lambda: arm.telemetry().mode == "stopped")
        assert eventually(lambda: len(arm.state().faults) == 1)
        with pytest.raises(ArmError, match="driver fault"):
            arm.command(forward())
        driver.fault, driver.measures_nan = None, False
        assert still(driver)
        assert arm.telemetry().counters["driver_faults"] == 1
        arm.rearm()
        arm.command(forward())
        assert eventually(lambda: arm.state().faults == ())


def test_a_driver_that_cannot_start_leaves_nothing_open(store: KeyStore) -> None:
    driver = FailingDriver(MODEL)
    driver.fault = ArmError("no servo answers: is the arm powered?")
    for _ in range(2):
        threads = active_count()
        with pytest.raises(ArmError, match="is the arm powered"):
            RunningServer(driver, store, Timing()).__enter__()
        assert active_count() == threads


def test_a_late_period_is_not_made_up_for_in_one_jump(serve: Serve, store: KeyStore) -> None:
    steps: list[float] = []

    class Watched(IdealJoints):
        last: JointCommand | None = None
        pause = 0.0

        def write(self, command: JointCommand) -> JointCommand:
            if self.last is not None:
                steps.append(float(np.abs(command.positions - self.last.positions).max()))
            self.last = command
            time.sleep(self.pause)
            self.pause = 0.0
            return super().write(command)

    driver = Watched(MODEL)
    with RemoteArm(serve(driver=driver).url, keys=store) as arm:
        for tick in range(60):
            arm.command(forward())
            driver.pause = 0.1 if tick % 20 == 10 else 0.0
            time.sleep(0.01)
    assert max(steps) < 2.5 * 0.01 * MODEL.max_velocity.max()


class FailingDeaf(FailingDriver):
    """Cannot be read any more but counts how often it is told to hold."""

    holds = 0

    def hold(self) -> JointCommand:
        self.holds += 1
        return super().hold()


def test_a_driver_that_cannot_be_read_is_told_to_hold_once_an_order(
    serve: Serve, store: KeyStore
) -> None:
    driver = FailingDeaf(MODEL)
    with RemoteArm(serve(driver=driver).url, keys=store) as arm:
        arm.command(forward(0.6))
        assert eventually(lambda: away_from_home(driver) > 0.03)
        driver.holds = 0
        driver.fault = ArmError("servo 3 does not answer")
        assert eventually(lambda: driver.holds == 1)
        assert eventually(lambda: still(driver, 0.2))
        assert driver.holds == 1
        driver.fault = None


@pytest.mark.parametrize("field", ["positions", "velocities", "gripper", "stamp"])
def test_a_reading_that_is_not_finite_stops_the_arm_and_not_the_server(
    serve: Serve, store: KeyStore, field: str
) -> None:
    class Odd(IdealJoints):
        odd = False

        def measure(self) -> ArmState:
            state = super().measure()
            return replace(state, **{field: getattr(state, field) * np.nan}) if self.odd else state

    driver = Odd(MODEL)
    with RemoteArm(serve(driver=driver).url, keys=store) as arm:
        arm.command(forward())
        driver.odd = True
        assert eventually(lambda: arm.telemetry().mode == "stopped")
        assert "the driver measured" in arm.telemetry().cause
        driver.odd = False


def test_any_number_of_faults_of_any_length_can_be_told(serve: Serve, store: KeyStore) -> None:
    class Wordy(IdealJoints):
        def measure(self) -> ArmState:
            return replace(super().measure(), faults=("\N{WARNING SIGN}\udc80" * 500,) * 100)

    with RemoteArm(serve(driver=Wordy(MODEL)).url, keys=store, observe=True) as arm:
        faults = arm.state().faults
        assert 0 < len(faults) < 100 and faults[0].startswith("\N{WARNING SIGN}?")
