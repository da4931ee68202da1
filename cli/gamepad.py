"""A gamepad of any make, by SDL, which knows where each has its sticks and buttons."""

import os
from pathlib import Path
from typing import Any, Self

from robot.errors import RobotError
from robot.gamepad_teleoperator import Pad

_FULL = 32767  # what SDL calls a stick or trigger at its end
# A gamepad is heard without a window of ours, and whoever moves the arm hears Ctrl-C.
_SETTINGS = {
    "SDL_VIDEODRIVER": "dummy",
    "SDL_JOYSTICK_ALLOW_BACKGROUND_EVENTS": "1",
    "SDL_NO_SIGNAL_HANDLERS": "1",
    "PYGAME_HIDE_SUPPORT_PROMPT": "1",
}
_BUTTONS = {
    "a": "A",
    "b": "B",
    "x": "X",
    "y": "Y",
    "start": "START",
    "back": "BACK",
    "left shoulder": "LEFTSHOULDER",
    "right shoulder": "RIGHTSHOULDER",
    "up": "DPAD_UP",
    "down": "DPAD_DOWN",
    "left": "DPAD_LEFT",
    "right": "DPAD_RIGHT",
}


class Gamepad:
    """``with Gamepad() as gamepad: gamepad.read()``, from one thread."""

    def __init__(self, devices: Path = Path("/dev/input")) -> None:
        """Prepare. devices: where the kernel has what is plugged in."""
        self._devices = devices
        self._pad: Any = None

    @property
    def name(self) -> str:
        """Return what its maker calls it, "" while there is none."""
        return "" if self._pad is None else str(self._pad.name)

    def __enter__(self) -> Self:
        """Open the first gamepad there is. Raises RobotError, with the mend, if there is none."""
        os.environ.update(_SETTINGS)
        try:
            import pygame
            from pygame._sdl2 import controller
        except ImportError as error:
            raise RobotError(
                "a gamepad needs the package pygame-ce: pip install 'twinarm[gamepad]'"
            ) from error
        self._pygame, self._controllers = pygame, controller
        self._buttons = {
            name: getattr(pygame, f"CONTROLLER_BUTTON_{button}")
            for name, button in _BUTTONS.items()
        }
        pygame.display.init()
        controller.init()
        self._pad = self._look()
        if self._pad is None:
            why = self._why_none()
            self._close()
            raise RobotError(why)
        return self

    def __exit__(self, *error: object) -> None:
        self._close()

    def read(self) -> Pad | None:
        """Return what is done to it; None while it is unplugged. Any other takes its place."""
        pressed = self._pressed()
        if self._pad is None or not self._pad.attached():
            self._pad = self._look()
        if self._pad is None:
            return None
        axis, pygame = self._axis, self._pygame
        held = {name for name, button in self._buttons.items() if self._pad.get_button(button)}
        return Pad(
            left=(axis(pygame.CONTROLLER_AXIS_LEFTX), -axis(pygame.CONTROLLER_AXIS_LEFTY)),
            right=(axis(pygame.CONTROLLER_AXIS_RIGHTX), -axis(pygame.CONTROLLER_AXIS_RIGHTY)),
            triggers=(
                axis(pygame.CONTROLLER_AXIS_TRIGGERLEFT),
                axis(pygame.CONTROLLER_AXIS_TRIGGERRIGHT),
            ),
            pressed=frozenset(held | pressed),
        )

    def _pressed(self) -> set[str]:
        """Return the buttons pressed since, however shortly."""
        names = {button: name for name, button in self._buttons.items()}
        events = self._pygame.event.get()
        down = [event for event in events if event.type == self._pygame.CONTROLLERBUTTONDOWN]
        return {names[event.button] for event in down if event.button in names}

    def _axis(self, number: int) -> float:
        return max(-1.0, float(self._pad.get_axis(number)) / _FULL)

    def _look(self) -> Any:
        """Return the first gamepad there is, None for none."""
        self._pygame.event.pump()
        for index in range(self._controllers.get_count()):
            if self._controllers.is_controller(index):
                return self._controllers.Controller(index)
        return None

    def _why_none(self) -> str:
        """Return why there is no gamepad that can be used, and the mend."""
        if self._controllers.get_count():
            self._pygame.joystick.init()
            name = self._pygame.joystick.Joystick(0).get_name()
            return (
                f"{name!r} is plugged in, but where its sticks and buttons are is not known: say it"
                " in $SDL_GAMECONTROLLERCONFIG, or plug in another gamepad"
            )
        if shut := [path for path in self._devices.glob("js*") if not os.access(path, os.R_OK)]:
            return (
                f"there is a gamepad at {shut[0]}, but you may not use it: let yourself into its"
                " group with `sudo usermod -aG input $USER`, then log in anew"
            )
        return "no gamepad is plugged in: plug one in, or pair it by Bluetooth"

    def _close(self) -> None:
        self._pad = None
        self._controllers.quit()
        self._pygame.display.quit()
