"""The same step taken by several processes at once, each on its share of the work."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import weakref
from collections.abc import Callable
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Semaphore
from typing import Any, Generic, TypeVar

import numpy as np

from policies.engine.blas import limit_blas_threads
from policies.engine.shared import Place, SharedArrays
from policies.errors import PolicyError

Step = Callable[[], object]
Member = TypeVar("Member", bound=Step)

SPINS = 1000
"""Tries before a waiting process sleeps, about 0.2 ms; a sleeping core takes 0.05 ms to wake."""

CONTEXT = multiprocessing.get_context("spawn")


class TeamError(PolicyError):
    """A process of the team has died."""


class Meeting:
    """A point that no member leaves before all have reached it."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._arrived = CONTEXT.Semaphore(0)
        self._leave = [CONTEXT.Semaphore(0) for _ in range(size - 1)]

    def wait(self, rank: int, is_whole: Callable[[], bool]) -> None:
        """Wait for all members. Raises TeamError once ``is_whole`` says one is missing."""
        if rank:
            self._arrived.release()
            take(self._leave[rank - 1], is_whole)
            return
        for _ in self._leave:
            take(self._arrived, is_whole)
        for semaphore in self._leave:
            semaphore.release()


def take(semaphore: Semaphore, is_whole: Callable[[], bool]) -> None:
    """Take the semaphore, spinning for a short while before sleeping."""
    for _ in range(SPINS):
        if semaphore.acquire(False):
            return
    while not semaphore.acquire(True, 1.0):
        if not is_whole():
            raise TeamError("a process of the learner died")


class Team(Generic[Member]):
    """``size`` processes, each with its own ``member``, that take their steps together.

    ``build(*arguments, place, rank, size, meet)`` makes the member of one rank, a callable;
    this process is rank 0. Arrays that go through ``place`` are common to all, and inside a
    step ``meet`` waits for the others. Threads would not do: at every small operation they
    wait for each other to let go of the interpreter.

    build: found by another process, so a class or function of a module; arguments: picklable.
    """

    def __init__(self, size: int, build: Callable[..., Member], *arguments: Any) -> None:
        limit_blas_threads(1)
        self._recipe = build, arguments
        self._shared = SharedArrays()
        self._others = _Others(size - 1)
        place: Place = np.copy if size == 1 else self._shared
        self.member = build(*arguments, place, 0, size, self._others.meet)
        weakref.finalize(self, self._others.end)

    def step(self, prepare: Step) -> None:
        """Let every member take its step; the others wake up while ``prepare`` runs here.

        Raises TeamError if a process has died. After any error the others are started anew.
        """
        others = self._others
        try:
            others.begin(*self._recipe, self._shared.blocks)
            prepare()
            others.meet()
            self.member()
            others.meet()
        except BaseException:
            others.end()
            raise

    def close(self) -> None:
        """End the other processes; the next step would start them anew."""
        self._others.end()


class _Others:
    """The processes of a team but the first, as the first one sees them."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._processes: list[SpawnProcess] = []
        self._start: list[Semaphore] = []
        self._meeting = Meeting(count + 1)

    def begin(self, *recipe: Any) -> None:
        """Let every process take a step, starting those that do not run."""
        if len(self._processes) < self._count:
            self._launch(recipe)
        for semaphore in self._start:
            semaphore.release()

    def meet(self) -> None:
        """Wait for all of them. Raises TeamError if one has died."""
        if self._count:
            self._meeting.wait(0, self._are_alive)

    def end(self) -> None:
        """End them all."""
        while self._processes:
            process = self._processes.pop()
            process.terminate()
            process.join()

    def _are_alive(self) -> bool:
        return all(process.is_alive() for process in self._processes)

    def _launch(self, recipe: tuple[Any, ...]) -> None:
        self._meeting = Meeting(self._count + 1)
        self._start = [CONTEXT.Semaphore(0) for _ in range(self._count)]
        # A new process inherits the mask: Ctrl-C cannot end it before it ignores that itself.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            for rank, start in enumerate(self._start, 1):
                arguments = (*recipe, rank, self._meeting, start)
                process = CONTEXT.Process(target=_serve, args=arguments, daemon=True)
                process.start()
                self._processes.append(process)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(
    build: Callable[..., Step],
    arguments: tuple[Any, ...],
    blocks: list[Any],
    rank: int,
    meeting: Meeting,
    start: Semaphore,
) -> None:
    """Take steps whenever ``start`` says so, until the first process ends or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process decides what Ctrl-C means
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    limit_blas_threads(1)
    parent = multiprocessing.parent_process()

    def is_whole() -> bool:
        return parent is not None and parent.is_alive()

    def meet() -> None:
        meeting.wait(rank, is_whole)

    step = build(*arguments, SharedArrays(blocks), rank, meeting.size, meet)
    with contextlib.suppress(TeamError):
        while True:
            take(start, is_whole)
            meet()
            step()
            meet()
