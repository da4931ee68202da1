"""A window that shows what teleoperation does, and hears keys."""

from multiprocessing.connection import Connection

import cv2

from cli.key_presses import DOWN, ESCAPE, LEFT, PAGE_DOWN, PAGE_UP, RIGHT, UP
from cli.teleop_display import Display, shots
from cli.teleop_picture import Painter
from robot.model import ArmModel, load_arm

_TITLE = "twinarm teleop"
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


def window(model: ArmModel) -> Display:
    """Return a window on arms of ``model``."""
    return Display(_live, model.name)


def _live(pipe: Connection, arm: str) -> None:
    """Show what comes through ``pipe`` and send back keys, until it or the window is closed."""
    with Painter(load_arm(arm)) as painter:
        cv2.namedWindow(_TITLE, cv2.WINDOW_AUTOSIZE | cv2.WINDOW_GUI_NORMAL)
        for shot in shots(pipe):
            if shot is not None:
                cv2.imshow(_TITLE, painter.paint(shot)[:, :, ::-1])
            if not _there():
                return
            if (code := cv2.waitKeyEx(1)) != -1:
                pipe.send(_NAMED.get(code & 0xFFFF) or chr(code & 0xFF))


def _there() -> bool:
    """Return whether the window has not been closed; Qt raises once it has no window left."""
    try:
        visible: float = cv2.getWindowProperty(_TITLE, cv2.WND_PROP_VISIBLE)
    except cv2.error:
        return False
    return visible >= 1.0
