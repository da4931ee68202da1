"""One thing done again and again in a thread of its own, whose failure its owner hears of."""

from threading import Event, Thread
from typing import Self


class Background:
    """Calls ``step`` from entering to leaving, or until that raises an error."""

    def __init__(self, name: str) -> None:
        """Prepare a thread of that ``name``."""
        self._failure: Exception | None = None
        self._over = Event()
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def step(self) -> None:
        """Do it once, in the thread; within a second or so, since leaving waits for it."""
        raise NotImplementedError

    def check(self) -> None:
        """Raise what ``step`` has raised, if it has."""
        if self._failure is not None:
            raise self._failure

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._over.is_set():
                self.step()
        except Exception as error:  # whatever it is, its owner must not go on as if all were well
            self._failure = error
