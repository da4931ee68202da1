import time
from collections.abc import Callable, Iterator
from typing import Any

import msgpack
import numpy as np
import pytest
from rig import MODEL, RawClient, RunningServer, away_from_home, eventually, still

from hardware import protocol
from hardware.keys import KeyStore
from hardware.messages import VERSION, Accepted, Command, Done, Hello, Refused, Release, Welcome
from hardware.refusal import Reason
from hardware.remote_arm import RemoteArm

Serve = Callable[..., RunningServer]


@pytest.fixture
def server(serve: Serve) -> RunningServer:
    return serve()


@pytest.fixture
def client(server: RunningServer, store: KeyStore) -> Iterator[RawClient]:
    with RawClient(server.url, store) as client:
        client.take_lease()
        yield client


def refused(reply: object, reason: Reason) -> Refused:
    assert isinstance(reply, Refused), reply
    assert reply.reason == reason, reply
    return reply


def counted(server: RunningServer, store: KeyStore, name: str) -> bool:
    with RemoteArm(server.url, keys=store, observe=True) as observer:
        return eventually(lambda: observer.telemetry().counters.get(name, 0) == 1)


def packed(command: Command, **changes: Any) -> bytes:
    payload: bytes = msgpack.packb(msgpack.unpackb(protocol.encode(command)) | changes)
    return payload


BAD: dict[str, tuple[Callable[[RawClient], bytes], Reason]] = {
    "nan": (lambda c: packed(c.move(1), positions=[np.nan] * 5), Reason.MALFORMED),
    "infinite gripper": (lambda c: packed(c.move(1), gripper=np.inf), Reason.MALFORMED),
    "infinite deadline": (lambda c: packed(c.move(1), expires=np.inf), Reason.MALFORMED),
    "too large": (lambda c: packed(c.move(1), lease="x" * 3900), Reason.MALFORMED),
    "unknown field": (lambda c: packed(c.move(1), speed=9.0), Reason.MALFORMED),
    "other version": (
        lambda c: msgpack.packb({"kind": "hello", "version": VERSION + 1}),
        Reason.MALFORMED,
    ),
    "wrong joint count": (lambda c: protocol.encode(c.move(1, [0.1] * 6)), Reason.UNSAFE),
    "no joints": (lambda c: protocol.encode(c.move(1, [])), Reason.UNSAFE),
    "stale": (
        lambda c: protocol.encode(c.move(1, expires=time.monotonic() - 0.01)),
        Reason.EXPIRED,
    ),
    "without a real deadline": (
        lambda c: protocol.encode(c.move(1, expires=time.monotonic() + 60.0)),
        Reason.DEADLINE,
    ),
    "not the lease": (lambda c: protocol.encode(c.move(1, lease="0" * 16)), Reason.NO_LEASE),
    "no lease": (lambda c: protocol.encode(c.move(1, lease="")), Reason.NO_LEASE),
    "for another arm": (
        lambda c: protocol.encode(Hello(VERSION, 1, "raw", "ur5", control=True)),
        Reason.WRONG_ARM,
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_command_moves_nothing_is_answered_and_counted(
    server: RunningServer, client: RawClient, store: KeyStore, name: str
) -> None:
    payload, reason = BAD[name][0](client), BAD[name][1]
    answer = refused(client.ask_bytes(payload), reason)
    assert len(answer.message) > 10
    assert still(server.driver)
    assert away_from_home(server.driver) < 1e-3
    assert counted(server, store, f"refused_{reason}")
    assert isinstance(client.ask(client.move(2)), Accepted), "good commands still pass"


def test_replayed_and_out_of_order_commands_do_not_replace_the_newest(
    server: RunningServer, client: RawClient, store: KeyStore
) -> None:
    newest = MODEL.home + 0.1
    for sequence in (3, 5):
        assert isinstance(client.ask(client.move(sequence, newest)), Accepted)
    refused(client.ask(client.move(5, MODEL.home - 0.5)), Reason.REPLAYED)
    refused(client.ask(client.move(4, MODEL.home - 0.5)), Reason.OUT_OF_ORDER)
    with RemoteArm(server.url, keys=store, observe=True) as observer:
        assert eventually(lambda: observer.state().positions.min() > 0.01)
        counters = observer.telemetry().counters
    assert counters["refused_replayed"] == counters["refused_out_of_order"] == 1


def test_a_command_that_was_refused_cannot_be_replayed_later(client: RawClient) -> None:
    stale = client.move(1, expires=time.monotonic() - 0.01)
    refused(client.ask(stale), Reason.EXPIRED)
    refused(client.ask(client.move(1)), Reason.REPLAYED)


def test_commands_of_a_former_lease_are_refused(client: RawClient) -> None:
    former = client.lease
    assert isinstance(client.ask(Release(2, former)), Done)
    refused(client.ask(client.move(3)), Reason.NO_LEASE)
    client.take_lease()
    refused(client.ask(client.move(4, lease=former)), Reason.NO_LEASE)


def test_limits_act_at_the_arm_and_are_reported(client: RawClient) -> None:
    reply = client.ask(client.move(1, MODEL.upper + 2.0, gripper=1.0))
    assert isinstance(reply, Accepted)
    assert "gripper" in reply.clamped and "first jump" in reply.clamped
    assert (np.abs(np.array(reply.positions) - MODEL.home) <= 0.6 + 1e-9).all()
    assert reply.gripper == pytest.approx(MODEL.gripper.max_opening)


def test_a_second_controller_is_refused_by_name_and_the_first_goes_on(
    server: RunningServer, client: RawClient, store: KeyStore
) -> None:
    with RawClient(server.url, store) as second:
        hello = Hello(VERSION, 1, "second", "", control=True)
        assert "raw is moving the arm" in refused(second.ask(hello), Reason.LEASE_HELD).message
        refused(second.ask(client.move(1)), Reason.NO_LEASE)
        refused(second.ask(Release(2, "")), Reason.NO_LEASE)
    assert isinstance(client.ask(client.move(1)), Accepted)
    assert counted(server, store, "refused_lease_held")


def test_the_lease_passes_on_once_released(server: RunningServer, store: KeyStore) -> None:
    with RemoteArm(server.url, keys=store), RawClient(server.url, store) as second:
        hello = Hello(VERSION, 1, "second", "", control=True)
        refused(second.ask(hello), Reason.LEASE_HELD)
    with RawClient(server.url, store) as second:
        assert isinstance(second.ask(hello), Welcome)


def test_two_frames_or_none_are_refused(client: RawClient) -> None:
    client.socket.send_multipart([b"a", protocol.encode(client.move(1))])
    assert client.socket.poll(2000)
    refused(protocol.decode_reply(client.socket.recv()), Reason.MALFORMED)
    refused(client.ask_bytes(b""), Reason.MALFORMED)


def test_more_than_the_size_limit_ends_that_connection_alone(
    server: RunningServer, client: RawClient, store: KeyStore
) -> None:
    with RawClient(server.url, store) as flooder:
        flooder.socket.send(b"x" * 100_000)
        assert not flooder.socket.poll(200)
    assert isinstance(client.ask(client.move(1)), Accepted)


def test_a_client_that_never_reads_its_answers_stops_nobody(
    server: RunningServer, client: RawClient, store: KeyStore
) -> None:
    with RawClient(server.url, store) as deaf:
        for _ in range(5000):
            deaf.socket.send(b"junk")
        for sequence in range(1, 20):
            assert isinstance(client.ask(client.move(sequence)), Accepted)
