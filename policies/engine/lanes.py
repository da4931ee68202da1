"""Running parts of one computation at the same time, in threads that numpy lets run freely."""

from __future__ import annotations

import ctypes
import threading
import weakref
from collections.abc import Callable, Sequence

import numpy as np

Task = Callable[[], object]


class Lanes:
    """``count`` threads, the caller's among them, for tasks that share no output.

    Numpy releases the interpreter lock inside its loops and products, so two threads that
    each work on half of a batch use two cores for everything, where a threaded BLAS uses
    them for the products only. BLAS itself is limited to one thread, for the whole process.
    """

    def __init__(self, count: int) -> None:
        limit_blas_threads(1)
        self._workers = [_Worker() for _ in range(count - 1)]
        for worker in self._workers:
            weakref.finalize(self, worker.finish)

    def __len__(self) -> int:
        return len(self._workers) + 1

    def run(self, tasks: Sequence[Task]) -> None:
        """Run one task a lane and return when all have ended, raising the first error."""
        for worker, task in zip(self._workers, tasks[1:], strict=True):
            worker.begin(task)
        errors: list[BaseException | None] = []
        try:
            tasks[0]()
        finally:
            errors = [worker.end() for worker in self._workers]
        for error in errors:
            if error is not None:
                raise error


class _Worker:
    """A thread that runs one task whenever it is given one."""

    def __init__(self) -> None:
        self._task: Task | None = None
        self._error: BaseException | None = None
        self._given, self._ended = threading.Lock(), threading.Lock()
        self._given.acquire()
        self._ended.acquire()
        threading.Thread(target=self._serve, daemon=True, name="lane").start()

    def begin(self, task: Task) -> None:
        self._task = task
        self._given.release()

    def end(self) -> BaseException | None:
        self._ended.acquire()
        error, self._error = self._error, None
        return error

    def finish(self) -> None:
        self._task = None
        self._given.release()

    def _serve(self) -> None:
        while True:
            self._given.acquire()
            task, self._task = self._task, None
            if task is None:
                return
            try:
                task()
            except BaseException as error:
                self._error = error
            self._ended.release()


def limit_blas_threads(count: int) -> bool:
    """Let the OpenBLAS that numpy brings use ``count`` threads; False if it cannot be told."""
    library = ctypes.CDLL(np._core._multiarray_umath.__file__)  # type: ignore[attr-defined]
    for name in ("scipy_openblas_set_num_threads64_", "openblas_set_num_threads"):
        function = getattr(library, name, None)
        if function is not None:
            function(count)
            return True
    return False
