import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from arm_contract import ArmContract
from rig import MODEL, RunningServer, eventually, forward

from hardware.endpoint import Endpoint
from hardware.errors import ServerGoneError
from hardware.keys import KeyStore
from hardware.remote_arm import RemoteArm
from hardware.server import Timing
from robot.arm import Arm
from robot.command import JointCommand
from robot.errors import ArmError, CommandRefusedError
from robot.mirror import MirroredArm

Serve = Callable[..., RunningServer]


class TestRemoteArm(ArmContract):
    @pytest.fixture
    def arm(self, serve: Serve, store: KeyStore) -> Iterator[Arm]:
        timing = Timing(rest_after_s=0.8)  # shorter than the contract's pauses
        arm = RemoteArm(serve(timing=timing).url, keys=store)
        yield arm
        arm.disconnect()


@pytest.fixture
def remote(serve: Serve, store: KeyStore) -> Iterator[RemoteArm]:
    with RemoteArm(serve().url, keys=store) as arm:
        yield arm


def test_its_model_is_the_one_the_server_names(serve: Serve, store: KeyStore) -> None:
    assert RemoteArm(serve().url, keys=store).model is MODEL


def test_it_can_be_mirrored_before_it_is_connected(serve: Serve, store: KeyStore) -> None:
    primary, twin = (RemoteArm(serve().url, keys=store) for _ in range(2))
    with MirroredArm(primary, twin) as arm:
        for _ in range(20):
            arm.command(forward(0.1))
            time.sleep(0.05)
        assert arm.divergence().tool < 0.01
        assert twin.state().positions == pytest.approx(MODEL.home + 0.1, abs=0.02)


def test_an_idle_holder_keeps_the_lease_while_the_arm_holds(serve: Serve, store: KeyStore) -> None:
    server = serve()
    with RemoteArm(server.url, keys=store) as arm:
        arm.command(forward())
        time.sleep(2.5)
        with pytest.raises(ArmError, match="is moving the arm"):
            RemoteArm(server.url, keys=store).connect()
        arm.command(forward())


def test_an_observer_sees_everything_and_moves_nothing(serve: Serve, store: KeyStore) -> None:
    server = serve()
    with (
        RemoteArm(server.url, keys=store) as arm,
        RemoteArm(server.url, keys=store, observe=True) as observer,
    ):
        arm.command(forward())
        assert eventually(lambda: observer.state().positions[0] > 0.01)
        with pytest.raises(ArmError, match="only observing"):
            observer.command(forward())
        observer.stop()
        arm.command(forward())


def test_the_first_move_is_slow_and_later_ones_are_not(remote: RemoteArm) -> None:
    def top_speed(target: JointCommand) -> float:
        speeds = []
        for _ in range(100):
            remote.command(target)
            time.sleep(0.01)
            speeds.append(np.abs(remote.state().velocities).max())
        return float(max(speeds))

    first = top_speed(forward(0.2))
    eventually(lambda: np.abs(remote.state().positions - 0.2).max() < 0.005)
    top_speed(forward(0.2))
    assert first < 0.25 * MODEL.max_velocity.max()
    assert top_speed(forward(-0.2)) > 0.4 * MODEL.max_velocity.max()


def test_a_bad_command_is_refused_without_losing_the_connection(remote: RemoteArm) -> None:
    with pytest.raises(CommandRefusedError, match="5 joints"):
        remote.command(JointCommand(np.zeros(3), 0.03))
    remote.command(forward())


def test_nobody_listening_is_said_at_once(store: KeyStore) -> None:
    started = time.monotonic()
    with pytest.raises(ServerGoneError, match="nothing listens at"):
        RemoteArm("tcp://127.0.0.1:9", keys=store, timeout_s=5.0).connect()
    assert time.monotonic() - started < 1.0


@pytest.mark.parametrize("url", ["pi", "http://pi:5555", "tcp://", "tcp://pi:x", "tcp://pi:1/a"])
def test_an_address_that_is_none_is_refused_with_the_form_it_should_have(url: str) -> None:
    with pytest.raises(ArmError, match="tcp://host:5555"):
        RemoteArm(url)


def test_an_address_without_a_port_means_the_default_one() -> None:
    assert Endpoint.parse("tcp://pi") == Endpoint("pi", 5555)
    assert Endpoint.parse("tcp://[::1]:7") == Endpoint("::1", 7)
    assert str(Endpoint("::1", 7)) == "tcp://[::1]:7"


def test_another_machine_without_keys_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(ArmError, match="needs keys"):
        RemoteArm("tcp://192.0.2.1:5555")
