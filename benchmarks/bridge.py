"""Round trip of a joint command over TCP with CURVE keys, to an emulated arm and back."""

import math
import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection
from tempfile import TemporaryDirectory

import numpy as np
import zmq

from benchmarks.served_frames import served_frames
from hardware.curve import secure_client, secure_server
from hardware.keys import KeyPair, KeyStore
from hardware.local import EmulatedServerProcess
from hardware.pairing import pair_local
from hardware.remote_arm import RemoteArm
from robot.command import JointCommand
from robot.errors import ArmError
from robot.loop import ControlLoop

NAME = "bridge"

RATE = 100.0
"""Commands a second [Hz]; an answer that takes longer than a period is late."""

MESSAGE = bytes(130)
"""For the floor: as long as a command on the wire."""


def run(seconds: float = 20.0) -> dict[str, float | int | str | None]:
    """Command the arm along a slow wave and time each ``command`` from call to return.

    lost: commands that were refused or not answered; late: answered after the period's end.
    floor: a process that only echoes such messages over ZeroMQ with keys, in turn with ours.
    pictures: of a second half of the time, in which the server also publishes 60 kB of camera
    15 times a second to another process; the halves take four turns.
    """
    plain, seeing = _Trips(), _Trips()
    sent = round(seconds * RATE / 4)
    with TemporaryDirectory() as folder:
        keys = KeyStore(folder)
        pair_local(keys)
        with _echo(keys) as echo:
            for _ in range(2):
                with EmulatedServerProcess(keys=keys) as server:
                    plain.drive(server.url, keys, echo, sent)
                with served_frames(keys) as url:
                    seeing.drive(url, keys, echo, sent)
    return _figures(plain, seeing)


class _Trips:
    """Times of the answers to commands [ms], and of an echo in turn with them."""

    def __init__(self) -> None:
        self.ours: list[float] = []
        self.floor: list[float] = []
        self.sent, self.rate = 0, 0.0

    def drive(self, url: str, keys: KeyStore, echo: Callable[[], object], count: int) -> None:
        loop = ControlLoop(RATE)
        with RemoteArm(url, keys=keys) as arm:
            for tick in loop.run(count):
                command = _wave(arm, tick / RATE)
                self.sent += 1
                try:
                    self.ours.append(_milliseconds(partial(arm.command, command)))
                except ArmError:
                    continue
                self.floor.append(_milliseconds(echo))
        self.rate = loop.report().rate


def _figures(plain: _Trips, seeing: _Trips) -> dict[str, float | int | str | None]:
    lost = {"lost": plain.sent - len(plain.ours), "pictures_lost": seeing.sent - len(seeing.ours)}
    if not (plain.ours and seeing.ours):
        return {"p50_ms": None, "p99_ms": None, "late": 0, "sent": plain.sent, **lost}
    p50, p99 = np.percentile(plain.ours, (50.0, 99.0)).tolist()
    floor_p50, floor_p99 = np.percentile(plain.floor, (50.0, 99.0)).tolist()
    pictures_p50, pictures_p99 = np.percentile(seeing.ours, (50.0, 99.0)).tolist()
    return {
        "p50_ms": p50,
        "p99_ms": p99,
        "max_ms": max(plain.ours),
        "late": sum(trip > 1e3 / RATE for trip in plain.ours),
        "sent": plain.sent,
        **lost,
        "floor_p50_ms": floor_p50,
        "floor_p99_ms": floor_p99,
        "ratio_to_floor": p50 / floor_p50,
        "pictures_p50_ms": pictures_p50,
        "pictures_p99_ms": pictures_p99,
        "rate_hz": plain.rate,
    }


def _milliseconds(trip: Callable[[], object]) -> float:
    start = time.perf_counter()
    trip()
    return 1e3 * (time.perf_counter() - start)


def _wave(arm: RemoteArm, t: float) -> JointCommand:
    """Return a command at ``t`` [s] of a 0.2 rad wave every 4 s on all joints."""
    swing = 0.2 * math.sin(2.0 * math.pi * t / 4.0)
    return JointCommand(arm.model.home + swing, 0.03)


@contextmanager
def _echo(keys: KeyStore) -> Iterator[Callable[[], object]]:
    """Yield a function that sends a message to an echoing process and waits for it."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    server = keys.own("server")
    process = spawn.Process(target=_serve_echo, args=(server, there), daemon=True)
    process.start()
    with zmq.Context() as context, context.socket(zmq.DEALER) as dealer:
        secure_client(dealer, keys.own("client"), server.public)
        dealer.connect(here.recv())

        def trip() -> None:
            dealer.send(MESSAGE)
            dealer.recv()

        yield trip
    process.terminate()
    process.join()


def _serve_echo(keys: KeyPair, there: Connection) -> None:
    router: zmq.Socket[bytes] = zmq.Context().socket(zmq.ROUTER)
    secure_server(router, keys)
    there.send(f"tcp://127.0.0.1:{router.bind_to_random_port('tcp://127.0.0.1')}")
    while True:
        router.send_multipart(router.recv_multipart())
