"""Bytes that mean no good: random ones, and good messages with some of them replaced."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import msgpack

from hardware import protocol
from hardware.messages import (
    VERSION,
    Abort,
    Accepted,
    Chunk,
    Command,
    Depth,
    Done,
    FieldOfView,
    Frame,
    Hello,
    Jpeg,
    Launch,
    Message,
    Png,
    Progress,
    Rearm,
    Refused,
    Release,
    Stop,
    Telemetry,
    Unit,
    Upload,
    Watch,
    Welcome,
)

_LEASE = "0" * 16

REQUESTS = (
    Command(1, _LEASE, 1e9, (0.5,) * 5, 0.0),
    Hello(VERSION, 1, "fuzz", "", control=False),
    Stop(1, "fuzz", emergency=False),
    Rearm(1, ""),
    Release(1, _LEASE),
    Upload(1, _LEASE, "weights", 100, "a" * 64),
    Chunk(1, _LEASE, 0, b"x" * 100),
    Launch(1, _LEASE, "dofbot", "a" * 64, "b" * 64, {"steps": 100.0}, (0.22, 0.0)),
    Abort(1, _LEASE),
    Watch(1),
)
REPLIES = (
    Welcome(VERSION, 1, 2.0, "dofbot", "a" * 64, _LEASE, 5556, 0.3, "wrist", 5557),
    Accepted(1, 2.0, (0.5,) * 5, 0.03, ("gripper",)),
    Done(1, 2.0),
    Refused(1, 2.0, "expired", "too late"),
    Progress(1, 2.0, "running", 0, "policy", "", {"rate": 20.0}),
)
TELEMETRY = (
    Telemetry(
        2.0, (0.1,) * 5, (0.0,) * 5, 0.03, (0.1,) * 5, 0.03, "holding", "", (), "", {"accepted": 1}
    ),
)
FRAMES = (
    Frame(2.0, 2.1, 7, 640, 480, Jpeg(b"\xff\xd8" + bytes(100) + b"\xff\xd9")),
    Depth(2.0, 2.1, 7, 96, 96, Png(b"\x89PNG" + bytes(100)), Unit(1e-4), FieldOfView(82.0)),
)

VALUES: list[Any] = [None, True, -1, 0, 2**63, 1e308, float("nan"), float("inf"), b"\xff", {}, []]
VALUES += ["", "x" * 400, [[[[]]]], [float("nan")] * 5, ["a"] * 5, [0.0] * 4, [9.9] * 5, {"a": 1}]
"""What a field of a message may be replaced with."""


def hostile_message(rng: random.Random, good: Sequence[Message]) -> bytes:
    """Return random bytes, or one of the ``good`` messages with a field or bytes replaced."""
    if rng.random() < 0.2:
        return rng.randbytes(rng.randrange(200))
    payload = protocol.encode(rng.choice(good))
    if rng.random() < 0.5:
        data = msgpack.unpackb(payload)
        name = rng.choice([*data, "extra"])
        return bytes(msgpack.packb(data | {name: rng.choice(VALUES)}))
    return _replaced(rng, payload)


def hostile_frame(rng: random.Random, good: Sequence[bytes]) -> bytes:
    """Return random bytes, or one of the ``good`` frames altered, cut, doubled or displaced."""
    kind = rng.random()
    if kind < 0.2:
        return rng.randbytes(rng.randrange(40))
    frame = rng.choice(good)
    if kind < 0.3:
        return frame[: rng.randrange(len(frame))]
    if kind < 0.4:
        return rng.randbytes(rng.randrange(4)) + frame + rng.choice(good)
    return _replaced(rng, frame)


def _replaced(rng: random.Random, payload: bytes) -> bytes:
    at = rng.randrange(len(payload))
    return payload[:at] + rng.randbytes(rng.randrange(4)) + payload[at + 1 :]
