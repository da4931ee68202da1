"""Policies on a real server, over real sockets with keys: what they may do, and who ends them."""

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
from policies_on_server import PERIOD, PLACE, POLICY, TASK, launched, short, sweep
from rig import MODEL, RawClient, RunningServer, away_from_home, eventually, forward, still

from hardware import run_desk
from hardware.emulation.ideal_joints import IdealJoints
from hardware.keys import KeyStore
from hardware.messages import Progress, Watch
from hardware.policy_run import RunState, RunStatus
from hardware.remote_arm import RemoteArm
from hardware.remote_run import RemoteRun
from hardware.runner import Note, RunOrder
from hardware.server import Timing
from robot.arm import Arm
from robot.command import JointCommand
from robot.errors import ArmError, RobotError
from robot.loop import LoopReport

Serve = Callable[..., RunningServer]


def watched(run: RemoteRun, until: Callable[[RunStatus], bool], seconds: float = 3.0) -> RunStatus:
    """Watch until ``until`` comes true of the status; return that."""
    deadline = time.monotonic() + seconds
    while not until(status := run.status()):
        assert time.monotonic() < deadline, status
        time.sleep(0.02)
    return status


def ended(status: RunStatus) -> bool:
    return status.state is not RunState.RUNNING


def moving(run: RemoteRun, server: RunningServer) -> None:
    watched(run, lambda status: away_from_home(server.driver) > 0.03)


def assert_holds(server: RunningServer) -> None:
    time.sleep(0.2)
    assert still(server.driver)
    assert 0.02 < away_from_home(server.driver) < 0.55, "on the way, neither home nor done"


def test_a_run_that_is_done_tells_its_pace_and_holds(serve: Serve, store: KeyStore) -> None:
    server = serve(runner=short)
    with RemoteArm(server.url, keys=store) as arm:
        run = RemoteRun(arm)
        assert run.status() == RunStatus()
        run.start(POLICY, TASK, [PLACE, PLACE])
        status = watched(run, ended)
        assert status.state is RunState.FINISHED and status.message == ""
        assert (status.episode, status.phase) == (1, "policy")
        assert status.loop is not None and status.loop.count == 10
        assert status.loop.rate == pytest.approx(1 / PERIOD, rel=0.2)
        assert eventually(lambda: arm.telemetry().counters.get("runs_finished") == 1)
        arm.command(forward(0.1))
        run.start(POLICY, TASK, [PLACE])
        assert watched(run, ended).state is RunState.FINISHED


def test_the_runner_is_given_what_was_sent(serve: Serve, store: KeyStore) -> None:
    orders: list[RunOrder] = []

    def keep(order: RunOrder, arm: Arm, note: Note) -> LoopReport:
        orders.append(order)
        return short(order, arm, note)

    with RemoteArm(serve(runner=keep).url, keys=store) as arm:
        watched(launched(arm), ended)
    assert orders == [RunOrder(POLICY, TASK.config, (PLACE,))]


def test_while_a_policy_runs_its_launcher_cannot_command_or_launch(
    server: RunningServer, remote: RemoteArm
) -> None:
    run = launched(remote)
    moving(run, server)
    with pytest.raises(ArmError, match="a policy moves the arm"):
        remote.command(forward())
    for again in (lambda: run.upload("manifest", b"{}"), lambda: launched(remote)):
        with pytest.raises(ArmError, match="a policy is running here"):
            again()
    assert run.status().state is RunState.RUNNING


def test_aborting_ends_the_run_and_the_arm_obeys_again(
    server: RunningServer, remote: RemoteArm
) -> None:
    run = launched(remote)
    moving(run, server)
    run.abort()
    status = run.status()
    assert status.state is RunState.FAILED and "aborted by" in status.message
    assert_holds(server)
    before = away_from_home(server.driver)
    remote.command(forward(0.6))
    assert eventually(lambda: away_from_home(server.driver) > before + 0.01)


@pytest.mark.parametrize("ending", ["stop", "disconnect", "vanish"])
def test_a_launcher_that_stops_or_leaves_ends_the_run(
    server: RunningServer, store: KeyStore, observer: RemoteArm, ending: str
) -> None:
    arm = RemoteArm(server.url, keys=store)
    arm.connect()
    moving(launched(arm), server)
    if ending == "stop":
        arm.stop()
    elif ending == "disconnect":
        arm.disconnect()
    else:
        arm._session.link.close()  # type: ignore[union-attr]
    assert eventually(lambda: observer.telemetry().mode in ("holding", "stopped"), 0.5)
    assert_holds(server)
    arm.disconnect()
    counters = observer.telemetry().counters
    assert counters["runs_failed"] == 1 and "runs_finished" not in counters


def test_a_launcher_that_does_not_watch_ends_the_run(
    server: RunningServer, remote: RemoteArm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_desk, "WATCHED_S", 0.3)
    run = launched(remote)
    assert eventually(lambda: remote.telemetry().counters.get("runs_failed") == 1)
    assert "has not watched for 0.3 s" in run.status().message
    assert_holds(server)


def test_a_pause_of_the_network_does_not_disturb_the_run(
    server: RunningServer, remote: RemoteArm
) -> None:
    run = launched(remote)
    moving(run, server)
    before = away_from_home(server.driver)
    time.sleep(0.7)
    assert run.status().state is RunState.RUNNING
    assert away_from_home(server.driver) > before + 0.2
    assert "watchdog_holding" not in remote.telemetry().counters


def test_an_observer_sees_the_run_but_does_not_keep_it_going(
    server: RunningServer, remote: RemoteArm, store: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_desk, "WATCHED_S", 0.3)
    launched(remote)
    with RawClient(server.url, store) as bystander:
        replies = []
        for sequence in range(1, 30):
            replies.append(bystander.ask(Watch(sequence)))
            time.sleep(0.02)
    states = [reply.state for reply in replies if isinstance(reply, Progress)]
    assert states[0] == RunState.RUNNING and states[-1] == RunState.FAILED


def test_an_emergency_stop_by_a_bystander_ends_the_run(
    server: RunningServer, remote: RemoteArm, observer: RemoteArm
) -> None:
    run = launched(remote)
    moving(run, server)
    observer.emergency_stop()
    status = run.status()
    assert status.state is RunState.FAILED and "emergency stop by" in status.message
    assert_holds(server)
    with pytest.raises(ArmError, match="stopped"):
        launched(remote)
    remote.rearm()
    assert still(server.driver), "re-arming resumes no policy"
    moving(launched(remote), server)


def test_a_policy_that_hangs_is_held_by_the_watchdog_and_then_given_up(
    serve: Serve, store: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_desk, "SILENCE_S", 0.8)
    release = threading.Event()

    def hang(order: RunOrder, arm: Arm, note: Note) -> LoopReport:
        while arm.state().positions.max() < 0.03:
            arm.command(forward(0.6))
            time.sleep(PERIOD)
        release.wait()
        arm.command(forward(0.6))
        return sweep(order, arm, note)

    server = serve(runner=hang)
    with RemoteArm(server.url, keys=store) as arm:
        run = launched(arm)
        watched(run, lambda status: "watchdog" in arm.telemetry().cause)
        assert_holds(server)
        status = watched(run, ended)
        assert "gave no command for 1 s" in status.message
        with pytest.raises(ArmError, match="the policy that ran last hangs: restart the server"):
            launched(arm)
        release.set()
        assert_holds(server)
        assert "after 1 s" not in run.status().message


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (RobotError("no policy for this arm"), "no policy for this arm"),
        (MemoryError("4 GB"), "MemoryError: 4 GB"),
        (ZeroDivisionError("by zero"), "ZeroDivisionError: by zero"),
    ],
)
def test_whatever_a_runner_raises_fails_the_run_and_never_the_server(
    serve: Serve, store: KeyStore, raised: Exception, said: str
) -> None:
    def fail(order: RunOrder, arm: Arm, note: Note) -> LoopReport:
        arm.command(forward())
        raise raised

    with RemoteArm(serve(runner=fail).url, keys=store) as arm:
        status = watched(launched(arm), ended)
        assert (status.state, status.message) == (RunState.FAILED, said)
        assert eventually(lambda: arm.telemetry().mode == "holding")


@pytest.mark.parametrize(
    "command",
    [
        JointCommand(np.full(MODEL.n, np.nan), 0.03),
        JointCommand(MODEL.home, np.inf),
        JointCommand(np.zeros(3), 0.03),
    ],
)
def test_a_policy_that_commands_nonsense_fails_and_nothing_moves(
    serve: Serve, store: KeyStore, command: JointCommand
) -> None:
    def nonsense(order: RunOrder, arm: Arm, note: Note) -> LoopReport:
        arm.command(command)
        return short(order, arm, note)

    server = serve(runner=nonsense)
    with RemoteArm(server.url, keys=store) as arm:
        assert "command" in watched(launched(arm), ended).message
    assert away_from_home(server.driver) < 1e-3


def test_a_policy_stays_within_the_limits_like_any_client(serve: Serve, store: KeyStore) -> None:
    applied: list[JointCommand] = []

    def beyond(order: RunOrder, arm: Arm, note: Note) -> LoopReport:
        applied.append(arm.command(JointCommand(MODEL.upper + 1.0, 1.0)))
        return short(order, arm, note)

    with RemoteArm(serve(runner=beyond).url, keys=store) as arm:
        watched(launched(arm), ended)
    assert (applied[0].positions <= MODEL.upper).all()
    assert applied[0].gripper <= MODEL.gripper.max_opening


def test_a_server_that_ends_ends_the_run(store: KeyStore) -> None:
    raised: list[str] = []

    def record(order: RunOrder, arm: Arm, note: Note) -> LoopReport:
        try:
            return sweep(order, arm, note)
        except ArmError as error:
            raised.append(str(error))
            raise

    with RunningServer(IdealJoints(MODEL), store, Timing(), record) as server:
        arm = RemoteArm(server.url, keys=store)
        arm.connect()
        moving(launched(arm), server)
    assert eventually(lambda: raised == ["the server is shutting down"])
    arm.disconnect()
