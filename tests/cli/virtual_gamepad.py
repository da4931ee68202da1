"""A gamepad without a gamepad: SDL's own virtual one, in the library that pygame brings."""

import ctypes
from pathlib import Path
from typing import Any, Self

JOYSTICK = 0x200  # SDL_INIT_JOYSTICK
KNOWN, UNKNOWN = 1, 0  # SDL_JOYSTICK_TYPE_GAMECONTROLLER, …_UNKNOWN
AXES = ("left x", "left y", "right x", "right y", "left trigger", "right trigger")
BUTTONS = (
    "a", "b", "x", "y", "back", "guide", "start", "left stick", "right stick",
    "left shoulder", "right shoulder", "up", "down", "left", "right",
)  # fmt: skip


class VirtualGamepad:
    """``with VirtualGamepad() as pad: pad.plug(); pad.push("left y", -1.0); pad.press("b")``."""

    def __init__(self) -> None:
        import pygame

        folder = Path(pygame.__file__).parents[1] / "pygame_ce.libs"
        self._sdl = ctypes.CDLL(str(next(folder.glob("libSDL2-2*"))))
        self._sdl.SDL_JoystickOpen.restype = ctypes.c_void_p
        self._stick: Any = None
        self._index = -1

    def __enter__(self) -> Self:
        assert self._sdl.SDL_InitSubSystem(JOYSTICK) == 0
        return self

    def __exit__(self, *error: object) -> None:
        self.unplug()
        self._sdl.SDL_QuitSubSystem(JOYSTICK)

    def plug(self, kind: int = KNOWN) -> None:
        self._index = self._sdl.SDL_JoystickAttachVirtual(kind, len(AXES), len(BUTTONS), 0)
        assert self._index >= 0
        self._stick = ctypes.c_void_p(self._sdl.SDL_JoystickOpen(self._index))
        for trigger in AXES[4:]:
            self.push(trigger, -1.0)

    def unplug(self) -> None:
        if self._stick is not None:
            self._sdl.SDL_JoystickClose(self._stick)
            self._stick = None
            assert self._sdl.SDL_JoystickDetachVirtual(self._index) == 0

    def push(self, axis: str, value: float) -> None:
        """Push to -1 to 1; a trigger that was let go is at -1."""
        raw = ctypes.c_int16(round(32767 * value))
        assert self._sdl.SDL_JoystickSetVirtualAxis(self._stick, AXES.index(axis), raw) == 0

    def press(self, button: str, held: bool = True) -> None:
        number = BUTTONS.index(button)
        assert self._sdl.SDL_JoystickSetVirtualButton(self._stick, number, int(held)) == 0
