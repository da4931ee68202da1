"""Random and altered frames at every decoder, and at a server that must not move its arm."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import partial
from tempfile import TemporaryDirectory

import numpy as np
import zmq

from benchmarks.hostile import FRAMES, REPLIES, REQUESTS, TELEMETRY, hostile_frame, hostile_message
from benchmarks.served_board import ServedBoard, served_board
from hardware import protocol
from hardware.curve import secure_client
from hardware.endpoint import Endpoint
from hardware.errors import ProtocolError
from hardware.keys import KeyStore
from hardware.pairing import pair_local
from hardware.remote_arm import RemoteArm
from hardware.servos.decoders import DECODERS

NAME = "fuzz"

_BURST = 50
"""Messages on their way to the server at a time; then any emergency stop among them is undone,
because it would hide what comes after."""

Make = Callable[[random.Random], bytes]


def run(frames: int = 1_000_000) -> dict[str, float | int | str]:
    """Feed ``frames`` to each decoder and to a server with keys, and count what broke.

    crashes: of decoders, by anything but their own refusal, and of the server. answered: what
    the server answered. moved_deg: how far the arm's joints turned, seen from outside.
    """
    start, broken = time.perf_counter(), 0
    decoders = _decoders()
    for seed, (decode, make) in enumerate(decoders.values()):
        broken += crashes(decode, make, frames, random.Random(seed))
    with TemporaryDirectory() as folder:
        keys = KeyStore(folder)
        pair_local(keys)
        with served_board(keys) as served:
            before = served.board.servos.true_positions
            answered = _attack(served, keys, frames, random.Random(99))
            alive = served.server.process.poll() is None
            moved = np.abs(served.board.servos.true_positions - before).max()
    return {
        "frames_each": frames,
        "decoders": len(decoders),
        "crashes": broken + (not alive),
        "answered": answered,
        "moved_deg": float(np.degrees(moved)),
        "seconds": time.perf_counter() - start,
    }


def _decoders() -> dict[str, tuple[Callable[[bytes], object], Make]]:
    """Return what decodes and what makes its frames, by name."""
    found: dict[str, tuple[Callable[[bytes], object], Make]] = {
        name: (decoder.feed, partial(hostile_frame, good=decoder.examples))
        for name, decoder in DECODERS.items()
    }
    for name, decode, good in (
        ("bridge requests", protocol.decode_request, REQUESTS),
        ("bridge replies", protocol.decode_reply, REPLIES),
        ("bridge telemetry", protocol.decode_telemetry, TELEMETRY),
        ("bridge frames", protocol.decode_frame, FRAMES),
    ):
        found[name] = (_refusing(decode), partial(hostile_message, good=good))
    return found


def _refusing(decode: Callable[[bytes], object]) -> Callable[[bytes], object]:
    def decoded(payload: bytes) -> object:
        try:
            return decode(payload)
        except ProtocolError as refusal:
            return refusal

    return decoded


def crashes(decode: Callable[[bytes], object], make: Make, frames: int, rng: random.Random) -> int:
    """Return how many of ``frames`` made by ``make`` break ``decode``."""
    broken = 0
    for _ in range(frames):
        try:
            decode(make(rng))
        except Exception:  # whatever it is, it is what this looks for
            broken += 1
    return broken


def _attack(served: ServedBoard, keys: KeyStore, frames: int, rng: random.Random) -> int:
    """Send ``frames`` with valid keys while another client holds the lease; count answers."""
    answered = 0
    with (
        RemoteArm(served.url, keys=keys) as holder,
        zmq.Context() as context,
        context.socket(zmq.DEALER) as dealer,
    ):
        dealer.linger = 0
        endpoint = Endpoint.parse(served.url)
        server = keys.known_server(endpoint.host, endpoint.port)
        secure_client(dealer, keys.own("client"), server)
        dealer.connect(served.url)
        for sent in range(0, frames, _BURST):
            burst = min(_BURST, frames - sent)
            for _ in range(burst):
                dealer.send(hostile_message(rng, REQUESTS))
            answered += _answers(dealer, burst)
            holder.rearm()
    return answered


def _answers(dealer: zmq.Socket[bytes], expected: int) -> int:
    answers = 0
    while answers < expected and dealer.poll(2000):
        protocol.decode_reply(dealer.recv())
        answers += 1
    return answers
