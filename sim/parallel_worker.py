"""The worker side of `sim.parallel`: hosts some environments and answers one-byte commands."""

import json
import signal
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from enum import Enum
from multiprocessing.connection import Connection
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from sim.shared_arrays import SharedArrays

Array = NDArray[np.float32]
Observation = NDArray[Any]
Flags = NDArray[np.bool_]
Info = dict[str, Any]
State = tuple[dict[str, NDArray[Any]], dict[str, Any]]

DONE, FAILED = b"+", b"!"
"""First byte of an answer; after FAILED comes the traceback."""


class Part(Protocol):
    """The environments that one worker hosts, stepped as one."""

    def reset(self) -> Observation:
        """Start every environment's episode 0 and return the observations [n, ...]."""

    def send(self, actions: Array) -> None:
        """Take the actions [n, a] of the next step."""

    def recv(self) -> tuple[Observation, Array, Flags, Flags, Observation, list[Info]]:
        """Return observation, reward, terminated, truncated, next_observation and infos."""

    def set_options(self, options: Mapping[str, Any] | None, indices: Sequence[int] | None) -> None:
        """Pass ``options`` to every reset from now on, of environments ``indices`` if not None."""

    def state(self) -> State:
        """Return where these environments are; every value has one entry an environment."""

    def restore(self, state: State) -> Observation:
        """Find these environments in ``state``, bring them there; return the observations."""

    def close(self) -> None:
        """Close the environments."""


MakePart = Callable[[Sequence[int]], Part]


class Command(Enum):
    """First byte of a message to a worker; OPTIONS and RESTORE are followed by their data."""

    STEP = b"s"
    RESET = b"r"
    OPTIONS = b"o"
    STATE = b"g"
    RESTORE = b"p"
    CLOSE = b"c"


def pack_state(state: State) -> bytes:
    """Return a state as bytes: JSON values in one line, then the arrays as safetensors."""
    arrays, meta = state
    return json.dumps(meta).encode() + b"\n" + save(arrays)


def unpack_state(data: bytes) -> State:
    """Return the state packed by `pack_state`."""
    meta, arrays = data.split(b"\n", 1)
    return load(arrays), json.loads(meta)


def run_worker(
    pipe: Connection, make_part: MakePart, indices: Sequence[int], shared: SharedArrays
) -> None:
    """Host the environments ``indices`` until told to close, or until the parent is gone."""
    # Ctrl-C reaches the whole process group; the parent alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, OSError):
        try:
            worker = _Worker(make_part(indices), indices, shared)
            pipe.send_bytes(DONE)
            while (message := pipe.recv_bytes())[:1] != Command.CLOSE.value:
                pipe.send_bytes(DONE + worker.answer(Command(message[:1]), message[1:]))
            worker.part.close()
        except (EOFError, BrokenPipeError):
            raise
        except Exception:
            pipe.send_bytes(FAILED + traceback.format_exc().encode())


class _Worker:
    def __init__(self, part: Part, indices: Sequence[int], shared: SharedArrays) -> None:
        rows = slice(indices[0], indices[-1] + 1)
        self.part = part
        self._views = {name: array[rows] for name, array in shared.views().items()}

    def answer(self, command: Command, data: bytes) -> bytes:
        match command:
            case Command.STEP:
                return self._step()
            case Command.RESET:
                self._views["observation"][...] = self.part.reset()
            case Command.OPTIONS:
                self.part.set_options(*json.loads(data))
            case Command.STATE:
                return pack_state(self.part.state())
            case Command.RESTORE:
                self._views["observation"][...] = self.part.restore(unpack_state(data))
            case Command.CLOSE:
                self.part.close()
        return b""

    def _step(self) -> bytes:
        self.part.send(self._views["action"])
        names = ("observation", "reward", "terminated", "truncated", "next_observation")
        *values, infos = self.part.recv()
        for name, value in zip(names, values, strict=True):
            self._views[name][...] = value
        return json.dumps(infos).encode() if infos else b""
