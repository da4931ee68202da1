"""Environments in worker processes: numbers cross in shared memory, one byte begins a step."""

import json
import multiprocessing
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import pairwise
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

import numpy as np

from robot.errors import RobotError
from sim.parallel_worker import (
    DONE,
    Array,
    Command,
    Flags,
    Info,
    MakePart,
    Observation,
    State,
    pack_state,
    run_worker,
    unpack_state,
)
from sim.shared_arrays import SharedArrays

JOIN_SECONDS = 5.0


class WorkerError(RobotError):
    """A worker process failed or died; the message holds its traceback or exit code."""


class ProcessPool:
    """n environments dealt in order to worker processes; their number changes no result.

    ``make_part(indices)`` runs in each worker and makes the environments with those indices; it
    must be picklable: a ``functools.partial`` of a module's function or class, not a lambda.
    While the workers simulate between ``send`` and ``recv``, the caller is free to compute.
    """

    def __init__(
        self,
        make_part: MakePart,
        num_envs: int,
        observation_shape: tuple[int, ...],
        observation_dtype: np.dtype[Any],
        action_size: int,
        workers: int = 2,
    ) -> None:
        self._num_envs = num_envs
        observations = ((num_envs, *observation_shape), observation_dtype)
        shared = SharedArrays(
            {
                "action": ((num_envs, action_size), np.float32),
                "observation": observations,
                "reward": ((num_envs,), np.float32),
                "terminated": ((num_envs,), np.bool_),
                "truncated": ((num_envs,), np.bool_),
                "next_observation": observations,
            }
        )
        self._views = shared.views()
        self._workers: list[_WorkerHandle] = []
        with _interrupts_blocked():
            for indices in _split(num_envs, workers):
                self._workers.append(_WorkerHandle(make_part, indices, shared))
        self._answers()

    @property
    def num_envs(self) -> int:
        """Return the number of environments."""
        return self._num_envs

    def reset(self) -> Observation:
        """Start every environment's episode 0 and return the observations [n, ...]."""
        self._ask(Command.RESET)
        return self._views["observation"]

    def send(self, actions: Array) -> None:
        """Begin one step of every environment with actions [n, a] in [-1, 1]."""
        self._views["action"][...] = actions
        self._tell(Command.STEP)

    def recv(self) -> tuple[Observation, Array, Flags, Flags, Observation, list[Info]]:
        """Wait for the step begun by `send`; the arrays are overwritten by the next one.

        Raises WorkerError if a worker failed or died.
        """
        infos = [info for answer in self._answers() if answer for info in json.loads(answer)]
        views = self._views
        return (
            views["observation"],
            views["reward"],
            views["terminated"],
            views["truncated"],
            views["next_observation"],
            infos,
        )

    def set_options(
        self, options: Mapping[str, Any] | None, indices: Sequence[int] | None = None
    ) -> None:
        """Pass ``options`` (plain JSON values) to every reset from now on, see `EnvPool`."""
        self._ask(Command.OPTIONS, json.dumps([options, indices]).encode())

    def state(self) -> State:
        """Return where every environment is, as one part that hosts them all would."""
        states = [unpack_state(answer) for answer in self._ask(Command.STATE)]
        arrays = {key: np.concatenate([part[key] for part, _ in states]) for key in states[0][0]}
        meta = {key: [value for _, part in states for value in part[key]] for key in states[0][1]}
        return arrays, meta

    def restore(self, state: State) -> Observation:
        """Bring every environment where ``state`` says; return the observations [n, ...]."""
        self._ask(Command.RESTORE, pack_state(state))
        return self._views["observation"]

    def close(self) -> None:
        """End the workers, by force if they do not answer. Safe to call twice."""
        for worker in self._workers:
            worker.close()
        for worker in self._workers:
            worker.join()
        self._workers.clear()

    def _ask(self, command: Command, data: bytes = b"") -> list[bytes]:
        self._tell(command, data)
        return self._answers()

    def _tell(self, command: Command, data: bytes = b"") -> None:
        for worker in self._workers:
            # A dead worker is found, with its reason, when its answer is awaited.
            with suppress(OSError):
                worker.pipe.send_bytes(command.value + data)

    def _answers(self) -> list[bytes]:
        try:
            return [worker.answer() for worker in self._workers]
        except WorkerError:
            self.close()
            raise


class _WorkerHandle:
    """One worker process and the pipe to it."""

    def __init__(self, make_part: MakePart, indices: range, shared: SharedArrays) -> None:
        context = multiprocessing.get_context("spawn")
        self.title = f"environment worker {indices[0]}-{indices[-1]}"
        self.pipe: Connection
        self.pipe, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(
            target=run_worker,
            args=(theirs, make_part, indices, shared),
            name=self.title,
            daemon=True,
        )
        self.process.start()
        theirs.close()

    def answer(self) -> bytes:
        try:
            message = self.pipe.recv_bytes()
        except (EOFError, OSError):
            self.process.join(JOIN_SECONDS)
            code = self.process.exitcode
            raise WorkerError(f"{self.title} died (exit code {code})") from None
        if message[:1] != DONE:
            raise WorkerError(f"{self.title} failed:\n{message[1:].decode()}")
        return message[1:]

    def close(self) -> None:
        with suppress(OSError):
            self.pipe.send_bytes(Command.CLOSE.value)
        self.pipe.close()

    def join(self) -> None:
        self.process.join(JOIN_SECONDS)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.process.close()


def _split(num_envs: int, workers: int) -> list[range]:
    bounds = np.linspace(0, num_envs, min(workers, num_envs) + 1).round().astype(int).tolist()
    return [range(first, end) for first, end in pairwise(bounds)]


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Keep Ctrl-C from new processes, which inherit the mask, until they ignore it themselves."""
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
