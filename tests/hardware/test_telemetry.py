import time
from collections.abc import Callable

import pytest
from rig import MODEL, RunningServer, eventually, forward

from hardware.keys import KeyStore
from hardware.remote_arm import RemoteArm

Serve = Callable[..., RunningServer]


@pytest.mark.parametrize("keyed", [True, False])
def test_a_slow_reader_gets_the_newest_and_no_backlog(
    serve: Serve, store: KeyStore, keyed: bool
) -> None:
    keys = store if keyed else None
    with RemoteArm(serve(keys=keys).url, keys=keys, observe=True) as slow:
        for pause in (0.05, 1.0):
            time.sleep(pause)
            age = time.monotonic() - slow.state().stamp
            assert age < 0.25, "a few periods on a busy machine, and not the pause"


def test_telemetry_tells_who_moves_the_arm_where_and_why(serve: Serve, store: KeyStore) -> None:
    server = serve()
    with RemoteArm(server.url, keys=store, observe=True) as observer:
        assert observer.telemetry().mode == "holding"
        assert observer.telemetry().holder == ""
        with RemoteArm(server.url, keys=store) as arm:
            arm.command(forward(0.2))
            assert eventually(lambda: observer.telemetry().mode == "following")
            seen = observer.telemetry()
            assert "process" in seen.holder and seen.counters["accepted"] == 1
            assert MODEL.home[0] <= seen.target_positions[0] < 0.2, "interpolated, not jumped to"
        assert eventually(lambda: observer.telemetry().holder == "")


def test_two_observers_both_see_the_arm(serve: Serve, store: KeyStore) -> None:
    server = serve()
    with (
        RemoteArm(server.url, keys=store, observe=True) as one,
        RemoteArm(server.url, keys=store, observe=True) as other,
    ):
        first = one.state().stamp, other.state().stamp
        assert eventually(lambda: one.state().stamp > first[0] and other.state().stamp > first[1])
