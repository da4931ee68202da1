from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from joint_driver import JointDriver
from rig import MODEL, RunningServer

from hardware.driver import ArmDriver
from hardware.frames import FrameSource
from hardware.keys import KeyStore
from hardware.pairing import pair_local
from hardware.runner import Runner
from hardware.server import Timing


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> KeyStore:
    """Keys with which this machine's client and server know each other."""
    store = KeyStore(tmp_path_factory.mktemp("keys"))
    pair_local(store)
    return store


@pytest.fixture
def serve(store: KeyStore) -> Iterator[Callable[..., RunningServer]]:
    """Start servers that end with the test: ``serve(timing=…, driver=…, keys=…)``."""
    with ExitStack() as stack:

        def started(
            timing: Timing | None = None,
            driver: ArmDriver | None = None,
            keys: KeyStore | None = store,
            runner: Runner | None = None,
            frames: FrameSource | None = None,
        ) -> RunningServer:
            arm = driver or JointDriver(MODEL)
            server = RunningServer(arm, keys, timing or Timing(), runner, frames)
            return stack.enter_context(server)

        yield started


@pytest.fixture
def strangers(tmp_path: Path, store: KeyStore) -> KeyStore:
    """Keys of a client that knows the server but was never let in."""
    strangers = KeyStore(tmp_path / "strangers")
    strangers.own_or_new("client")
    strangers.trust("127.0.0.1", store.own("server").public)
    return strangers
