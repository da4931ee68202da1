"""An emulated arm with a camera of noise, served in a process of its own, and one that looks."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection

import tyro

from hardware.endpoint import Endpoint
from hardware.frames import EncodedFrame
from hardware.keys import KeyStore
from hardware.local import EmulatedServerProcess
from hardware.remote_frames import RemoteFrames
from hardware.serve import run_server
from hardware.serve_config import ServeConfig
from hardware.server_process import READY

BYTES = 60_000
"""Length of a picture: 640 by 480 px of a cluttered table at quality 85."""
RATE = 15.0
"""Pictures a second [Hz]."""


class NoiseFrames:
    """Has a new picture, of bytes that cannot be compressed, as often as a camera has."""

    name = "noise"

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._jpeg = random.Random(0).randbytes(BYTES)

    def latest(self) -> EncodedFrame:
        """Return the picture that is due."""
        number = int((time.monotonic() - self._start) * RATE)
        return EncodedFrame(self._jpeg, self._start + number / RATE, number, 640, 480)


@contextmanager
def served_frames(keys: KeyStore) -> Iterator[str]:
    """Yield the address of an arm whose camera a process of its own looks through."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    with EmulatedServerProcess(keys=keys, module=__name__) as server:
        looker = spawn.Process(target=_look, args=(server.url, keys, there), daemon=True)
        looker.start()
        here.recv()
        yield server.url
        looker.terminate()
        looker.join()


def _look(url: str, keys: KeyStore, there: Connection) -> None:
    frames = RemoteFrames(url, keys=keys)
    frames.open()
    frames.read()
    there.send("seen")
    while True:
        frames.read()


def _announce(endpoint: Endpoint) -> None:
    print(f"{READY}{endpoint}", flush=True)


if __name__ == "__main__":
    config = replace(tyro.cli(ServeConfig), until_stdin_closes=True)
    run_server(config, _announce, frames=NoiseFrames())
