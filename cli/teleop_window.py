"""A window that shows what teleoperation does, and hears keys; in a process of its own."""

import multiprocessing
import signal
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Self

import cv2

from cli.key_presses import DOWN, ESCAPE, LEFT, PAGE_DOWN, PAGE_UP, RIGHT, UP
from cli.teleop_picture import Painter, Shot
from robot.model import ArmModel, load_arm

_TITLE = "twinarm teleop"
_READY = ""
_PATIENCE = 3.0  # [s] for the window to close
# X11 keysyms, as cv2.waitKeyEx returns them.
_NAMED = {
    0xFF51: LEFT,
    0xFF52: UP,
    0xFF53: RIGHT,
    0xFF54: DOWN,
    0xFF55: PAGE_UP,
    0xFF56: PAGE_DOWN,
    27: ESCAPE,
}


class Window:
    """``with Window(model) as window: window.show(shot); window.keys()``.

    Painting takes longer than a control period, so another process does it, and what comes while
    it paints is not shown.
    """

    def __init__(self, model: ArmModel) -> None:
        """Show an arm of ``model``."""
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_live, args=(theirs, model.name), daemon=True)
        self._theirs, self._free = theirs, False

    def show(self, shot: Shot) -> None:
        """Show ``shot``, if the one before is shown already."""
        if self._free:
            self._free = False
            with suppress(OSError):  # ``keys`` tells that it has gone
                self._pipe.send(shot)

    def keys(self) -> Iterator[str]:
        """Yield what was pressed since; a window that was closed is as good as Esc."""
        try:
            while self._pipe.poll():
                key: str = self._pipe.recv()
                self._free = self._free or key == _READY
                if key != _READY:
                    yield key
        except (EOFError, OSError):
            yield ESCAPE

    def __enter__(self) -> Self:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who moves the arm
        try:
            self._process.start()
        finally:
            signal.signal(signal.SIGINT, before)
        self._theirs.close()
        return self

    def __exit__(self, *error: object) -> None:
        self._pipe.close()
        self._process.join(_PATIENCE)
        if self._process.is_alive():
            self._process.kill()


def _live(pipe: Connection, arm: str) -> None:
    """Show what comes through ``pipe`` and send back keys, until it or the window is closed."""
    with suppress(EOFError, OSError), Painter(load_arm(arm)) as painter:
        cv2.namedWindow(_TITLE, cv2.WINDOW_AUTOSIZE | cv2.WINDOW_GUI_NORMAL)
        pipe.send(_READY)
        _paint(painter, pipe)
        while _there():
            if pipe.poll():
                _paint(painter, pipe)
            if (code := cv2.waitKeyEx(10)) != -1:
                pipe.send(_NAMED.get(code & 0xFFFF) or chr(code & 0xFF))


def _there() -> bool:
    """Return whether the window has not been closed; Qt raises once it has no window left."""
    try:
        visible: float = cv2.getWindowProperty(_TITLE, cv2.WND_PROP_VISIBLE)
    except cv2.error:
        return False
    return visible >= 1.0


def _paint(painter: Painter, pipe: Connection) -> None:
    shot: Shot = pipe.recv()
    cv2.imshow(_TITLE, painter.paint(shot)[:, :, ::-1])
    pipe.send(_READY)
