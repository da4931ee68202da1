"""What is sent to a server to be run there: taken whole, in order, from who may, or not at all."""

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from policies_on_server import PLACE, POLICY, TASK, launched
from rig import MODEL, RawClient, RunningServer, away_from_home

from hardware.keys import KeyStore
from hardware.messages import Abort, Chunk, Done, Launch, Progress, Refused, Upload, Watch
from hardware.policy_run import RunState
from hardware.refusal import Reason
from hardware.remote_arm import RemoteArm
from hardware.remote_run import RemoteRun
from hardware.runner import FILES
from hardware.task_numbers import task_numbers
from robot.errors import ArmError

Serve = Callable[..., RunningServer]


def test_a_server_without_a_runner_says_how_to_get_one(serve: Serve, store: KeyStore) -> None:
    with (
        RemoteArm(serve().url, keys=store) as arm,
        pytest.raises(ArmError, match="runs no policies: start it with `twinarm serve`"),
    ):
        launched(arm)


def test_only_who_controls_the_arm_can_launch(observer: RemoteArm) -> None:
    with pytest.raises(ArmError, match="only observing"):
        launched(observer)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def good_launch(lease: str) -> Launch:
    return Launch(
        sequence=9,
        lease=lease,
        arm=MODEL.name,
        manifest=digest(POLICY["manifest"]),
        weights=digest(b"weights"),
        task=task_numbers(TASK.config),
        places=PLACE,
    )


@pytest.fixture
def client(server: RunningServer, store: KeyStore) -> Iterator[RawClient]:
    """A rude client that has sent a whole policy."""
    with RawClient(server.url, store) as client:
        client.take_lease()
        for part, data in {"manifest": POLICY["manifest"], "weights": b"weights"}.items():
            upload = Upload(2, client.lease, part, len(data), digest(data))
            assert isinstance(client.ask(upload), Done)
            assert isinstance(client.ask(Chunk(3, client.lease, 0, data)), Done)
        yield client


@pytest.mark.parametrize(
    ("changes", "reason", "said"),
    [
        ({"arm": "ur5"}, Reason.WRONG_ARM, "is for a 'ur5', this server moves 'dofbot'"),
        ({"weights": "0" * 64}, Reason.UPLOAD, "not the one meant"),
        ({"lease": "0" * 16}, Reason.NO_LEASE, "needs the lease"),
        ({"task": {"steps": 100.0}}, Reason.LAUNCH, "is missing"),
        ({"task": task_numbers(TASK.config) | {"period": 9.0}}, Reason.LAUNCH, "period is 9.0"),
        ({"places": ()}, Reason.LAUNCH, "0 numbers are not 1 to 32 pairs"),
        ({"places": (0.2,)}, Reason.LAUNCH, "1 numbers"),
        ({"places": (0.2, 0.5)}, Reason.LAUNCH, r"y = 0\.500 m is out of reach"),
    ],
)
def test_a_launch_that_cannot_be_is_refused_and_nothing_moves(
    server: RunningServer, client: RawClient, changes: dict[str, Any], reason: Reason, said: str
) -> None:
    reply = client.ask(replace(good_launch(client.lease), **changes))
    assert isinstance(reply, Refused) and reply.reason == reason
    assert pytest.approx(0.0, abs=1e-3) == away_from_home(server.driver)
    with pytest.raises(AssertionError, match=said):
        raise AssertionError(reply.message)


def test_the_same_launch_is_taken_as_it_should_be(client: RawClient) -> None:
    assert isinstance(client.ask(good_launch(client.lease)), Done)
    progress = client.ask(Watch(10))
    assert isinstance(progress, Progress) and progress.state == RunState.RUNNING
    assert isinstance(client.ask(Abort(11, client.lease)), Done)


def test_nothing_is_uploaded_without_the_lease(server: RunningServer, store: KeyStore) -> None:
    with RawClient(server.url, store) as stranger:
        stranger.take_lease()
        for request in (
            Upload(2, "0" * 16, "weights", 10, digest(b"")),
            Chunk(3, "0" * 16, 0, b"x"),
            Abort(4, "0" * 16),
        ):
            reply = stranger.ask(request)
            assert isinstance(reply, Refused) and reply.reason == Reason.NO_LEASE


def test_what_was_uploaded_goes_with_the_lease(client: RawClient) -> None:
    client.take_lease("the same one again")
    reply = client.ask(good_launch(client.lease))
    assert isinstance(reply, Refused) and "has not arrived" in reply.message


def test_a_file_of_the_greatest_size_arrives_in_reasonable_time(remote: RemoteArm) -> None:
    began = time.monotonic()
    RemoteRun(remote).upload("weights", bytes(FILES["weights"]))
    assert time.monotonic() - began < 10.0
