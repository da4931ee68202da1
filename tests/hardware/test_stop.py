import time
from collections.abc import Callable
from threading import Thread

import pytest
from rig import MODEL, RunningServer, away_from_home, eventually, forward, still

from hardware.emulation.ideal_joints import IdealJoints
from hardware.keys import KeyStore
from hardware.remote_arm import RemoteArm
from hardware.server import Timing
from robot.command import JointCommand
from robot.errors import ArmError

Serve = Callable[..., RunningServer]


class WatchedDriver(IdealJoints):
    held_at = 0.0

    def hold(self) -> JointCommand:
        self.held_at = time.monotonic()
        return super().hold()


def moving(arm: RemoteArm, driver: IdealJoints, target: JointCommand) -> None:
    while away_from_home(driver) < 0.05:
        arm.command(target)
        time.sleep(0.01)


def test_anyone_can_stop_the_arm_and_it_stays_stopped_until_rearmed(
    serve: Serve, store: KeyStore
) -> None:
    server = serve()
    with RemoteArm(server.url, keys=store) as arm:
        moving(arm, server.driver, forward(0.6))
        with RemoteArm(server.url, keys=store, observe=True) as bystander:
            bystander.emergency_stop()
            with pytest.raises(ArmError, match=r"stopped \(emergency stop by .*rearm"):
                arm.command(forward(0.6))
            with pytest.raises(ArmError, match="only observing"):
                bystander.rearm()
        time.sleep(0.1)
        assert still(server.driver)
        arm.disconnect()
        arm.connect()
        with pytest.raises(ArmError, match="stopped"):
            arm.command(forward(0.6))
        assert arm.telemetry().mode == "stopped"
        arm.rearm()
        assert still(server.driver), "re-arming alone moves nothing"
        before = away_from_home(server.driver)
        arm.command(forward(0.6))
        assert eventually(lambda: away_from_home(server.driver) > before + 0.02)


def test_a_program_that_stopped_itself_may_begin_again_but_not_undo_an_emergency(
    serve: Serve, store: KeyStore
) -> None:
    server = serve()
    with RemoteArm(server.url, keys=store) as arm:
        arm.stop()
        with pytest.raises(ArmError, match="connect anew"):
            arm.command(forward())
        arm.connect()
        arm.command(forward())
        arm.emergency_stop()
        arm.stop()
        arm.connect()
        with pytest.raises(ArmError, match="rearm"):
            arm.command(forward())


@pytest.mark.parametrize("emergency", [False, True])
def test_neither_connecting_nor_rearming_long_after_a_stop_moves_the_arm(
    serve: Serve, store: KeyStore, emergency: bool
) -> None:
    server = serve(timing=Timing(rest_after_s=0.3))
    with RemoteArm(server.url, keys=store) as arm:
        moving(arm, server.driver, forward(0.3))
        if emergency:
            arm.emergency_stop()
    time.sleep(0.4)
    with RemoteArm(server.url, keys=store) as arm:
        if emergency:
            arm.rearm()
        assert still(server.driver, 0.6)
        assert arm.telemetry().mode == "holding"


def test_hold_is_written_at_once_on_a_stop(serve: Serve, store: KeyStore) -> None:
    driver = WatchedDriver(MODEL)
    delays = []
    server = serve(driver=driver, timing=Timing(control_hz=2.0))
    with RemoteArm(server.url, keys=store) as arm:
        for _ in range(10):
            arm.command(forward())
            time.sleep(0.013)
            driver.held_at = 0.0
            sent = time.monotonic()
            arm.emergency_stop()
            assert eventually(lambda: driver.held_at > 0.0)
            delays.append(driver.held_at - sent)
            arm.rearm()
    assert sorted(delays)[5] < 0.05, "a stop does not wait for the next period of 0.5 s"


def test_leaving_while_moving_holds_and_frees_the_arm(serve: Serve, store: KeyStore) -> None:
    server = serve()
    with RemoteArm(server.url, keys=store) as arm:
        moving(arm, server.driver, forward(0.6))
    time.sleep(0.15)
    assert still(server.driver)
    with RemoteArm(server.url, keys=store) as arm:
        arm.command(forward(0.6))


def test_stop_by_one_thread_while_another_commands(serve: Serve, store: KeyStore) -> None:
    with RemoteArm(serve().url, keys=store) as arm:
        refused: list[str] = []

        def stream() -> None:
            try:
                while True:
                    arm.command(forward())
            except ArmError as error:
                refused.append(str(error))

        thread = Thread(target=stream)
        thread.start()
        time.sleep(0.1)
        arm.stop()
        thread.join(2.0)
        assert refused and "stopped" in refused[0]
