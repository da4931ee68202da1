import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest
from rig import MODEL, RunningServer, eventually, forward

from hardware.emulation.ideal_joints import IdealJoints
from hardware.endpoint import Endpoint
from hardware.errors import KeyStoreError, ServerRefusedKeyError
from hardware.keys import KeyStore
from hardware.pairing import authorize
from hardware.remote_arm import RemoteArm
from hardware.server import ArmServer
from hardware.tokens import token
from robot.errors import ArmError

Serve = Callable[..., RunningServer]


def connecting(server: RunningServer, keys: KeyStore | None) -> float:
    """Try to connect; return how long it took until the error was told."""
    started = time.monotonic()
    RemoteArm(server.url, keys=keys, timeout_s=5.0).connect()
    return time.monotonic() - started


def counts(server: RunningServer, store: KeyStore, name: str, at_least: int = 1) -> bool:
    with RemoteArm(server.url, keys=store, observe=True) as observer:
        return eventually(lambda: observer.telemetry().counters.get(name, 0) >= at_least)


def test_a_client_with_an_unknown_key_is_told_so_and_how_to_be_let_in(
    serve: Serve, store: KeyStore, strangers: KeyStore
) -> None:
    server, started = serve(), time.monotonic()
    with pytest.raises(ServerRefusedKeyError, match="refused our key") as refusal:
        connecting(server, strangers)
    assert time.monotonic() - started < 1.0, "a refusal is told at once, not after a timeout"
    assert token("client", strangers.own("client").public) in str(refusal.value)
    assert counts(server, store, "handshakes_unknown_key")


def test_a_client_authorized_while_the_server_runs_gets_in(
    serve: Serve, tmp_path: Path, strangers: KeyStore, store: KeyStore
) -> None:
    with_server_key = KeyStore(tmp_path / "server")
    with_server_key.folder.mkdir()
    (with_server_key.folder / "server.key").write_bytes((store.folder / "server.key").read_bytes())
    (with_server_key.folder / "server.key").chmod(0o600)
    server = serve(keys=with_server_key)
    with pytest.raises(ServerRefusedKeyError):
        connecting(server, strangers)
    authorize(with_server_key, token("client", strangers.own("client").public), "laptop")
    connecting(server, strangers)


def test_a_client_without_keys_is_told_to_pair(serve: Serve, store: KeyStore) -> None:
    server = serve()
    with pytest.raises(ServerRefusedKeyError, match=r"without keys.*pair with it"):
        connecting(server, None)
    assert counts(server, store, "handshakes_failed")


def test_a_server_that_lacks_the_known_key_is_not_talked_to(
    serve: Serve, store: KeyStore, tmp_path: Path
) -> None:
    misled = KeyStore(tmp_path / "misled")
    impostor = KeyStore(tmp_path / "impostor").own_or_new("server")
    misled.trust("127.0.0.1", impostor.public)
    misled.own_or_new("client")
    server = serve()
    with pytest.raises(ServerRefusedKeyError, match="does not hold the key known for it"):
        connecting(server, misled)
    assert counts(server, store, "handshakes_failed")


def test_a_server_without_keys_is_not_trusted_by_a_client_with_keys(
    serve: Serve, store: KeyStore
) -> None:
    with pytest.raises(ServerRefusedKeyError, match="or uses none"):
        connecting(serve(keys=None), store)


def test_without_keys_on_both_sides_loopback_works(serve: Serve) -> None:
    with RemoteArm(serve(keys=None).url) as arm:
        arm.command(forward())


def test_a_server_that_was_never_paired_is_named(store: KeyStore) -> None:
    with pytest.raises(KeyStoreError, match="pair with it first"):
        RemoteArm("tcp://192.0.2.1:5555", keys=store).connect()


@pytest.mark.parametrize("host", ["0.0.0.0", "*", "192.0.2.1", "[::]"])
def test_listening_elsewhere_without_keys_is_refused_with_the_mend(host: str) -> None:
    with pytest.raises(ArmError, match=r"without keys.*twinarm pair"):
        ArmServer(MODEL, IdealJoints(MODEL), f"tcp://{host}:5555")


def test_a_server_without_a_key_of_its_own_says_how_to_make_one(tmp_path: Path) -> None:
    server = ArmServer(MODEL, IdealJoints(MODEL), "tcp://127.0.0.1:0", keys=KeyStore(tmp_path))
    with pytest.raises(KeyStoreError, match=r"no server key at .*twinarm pair"):
        server.__enter__()


def test_a_port_in_use_is_named(serve: Serve) -> None:
    taken = serve(keys=None).url
    with (
        pytest.raises(ArmError, match="another server"),
        ArmServer(MODEL, IdealJoints(MODEL), taken),
    ):
        pass


@pytest.mark.parametrize("keyed", [True, False])
def test_random_bytes_on_the_port_disturb_nobody(
    serve: Serve, store: KeyStore, keyed: bool
) -> None:
    keys = store if keyed else None
    server = serve(keys=keys)
    endpoint = Endpoint.parse(server.url)
    with RemoteArm(server.url, keys=keys) as arm:
        sockets = [socket.create_connection((endpoint.host, endpoint.port)) for _ in range(20)]
        for index, raw in enumerate(sockets):
            raw.sendall(os.urandom(1 + 97 * index))
            arm.command(forward(0.05))
        greeting = b"\xff" + bytes(8) + b"\x7f\x03\x01CURVE" + bytes(48)
        sockets[0].sendall(greeting + os.urandom(500))
        for raw in sockets:
            raw.close()
        for _ in range(10):
            arm.command(forward(0.05))
        assert eventually(lambda: arm.telemetry().counters["connections"] >= 20 + 2)
        assert arm.telemetry().counters["handshakes"] == 2


def test_another_service_on_the_port_is_told_from_an_arm_server() -> None:
    def answer_like_http(listener: socket.socket) -> None:
        accepted, _ = listener.accept()
        with accepted:
            accepted.recv(100)
            accepted.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=answer_like_http, args=(listener,))
        thread.start()
        arm = RemoteArm(f"tcp://127.0.0.1:{listener.getsockname()[1]}", timeout_s=5.0)
        with pytest.raises(ArmError, match=r"an arm server listens there|is no arm server"):
            arm.connect()
        thread.join()
