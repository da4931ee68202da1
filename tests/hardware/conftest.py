import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from policies_on_server import sweep
from rig import MODEL, RunningServer
from ur_rig import robot, served

from hardware.driver import ArmDriver
from hardware.emulation.ideal_joints import IdealJoints
from hardware.emulation.ur.process import EmulatedUrProcess
from hardware.frames import FrameSource
from hardware.keys import KeyStore
from hardware.pairing import pair_local
from hardware.remote_arm import RemoteArm
from hardware.runner import Runner
from hardware.server import Timing


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is here: the bridge and the servos keep real time."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("real_time")


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
            arm = driver or IdealJoints(MODEL)
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


@pytest.fixture
def server(serve: Callable[..., RunningServer]) -> RunningServer:
    """A server that sweeps the arm away from home whatever policy it is sent."""
    return serve(runner=sweep)


@pytest.fixture(scope="module")
def emulated_ur() -> Iterator[EmulatedUrProcess]:
    """A UR controller that serves a module's tests in turn."""
    with robot() as emulated:
        yield emulated


@pytest.fixture(scope="module")
def ur_url(emulated_ur: EmulatedUrProcess) -> Iterator[str]:
    """The address of a server over it."""
    with served(emulated_ur) as url:
        time.sleep(0.2)  # a program that ends the moment it started keeps the library waiting
        yield url


@pytest.fixture
def remote(server: RunningServer, store: KeyStore) -> Iterator[RemoteArm]:
    with RemoteArm(server.url, keys=store) as arm:
        yield arm


@pytest.fixture
def observer(server: RunningServer, store: KeyStore) -> Iterator[RemoteArm]:
    with RemoteArm(server.url, keys=store, observe=True) as arm:
        yield arm
