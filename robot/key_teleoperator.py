"""Drives an arm by keys: joint by joint, or the tool along x, y and z."""

import time
from collections.abc import Callable
from typing import Self

import numpy as np

from robot.command import ArmState, JointCommand
from robot.model import ArmModel
from robot.velocity_drive import VelocityDrive, Wish

JOINT_KEYS = tuple(zip("qwertyu", "asdfghj", strict=True))
"""Keys that turn each joint forth and back, from the base on."""
TOOL_KEYS = {
    "up": (1.0, 0.0, 0.0),
    "down": (-1.0, 0.0, 0.0),
    "left": (0.0, 1.0, 0.0),
    "right": (0.0, -1.0, 0.0),
    "page up": (0.0, 0.0, 1.0),
    "page down": (0.0, 0.0, -1.0),
}
"""Keys that move the tool, and where to in the base frame."""
JAW_KEYS = {"o": 1.0, "c": -1.0}
SPEED_KEYS = {"+": 1.25, "=": 1.25, "-": 0.8}

_HELD = 0.15  # [s] after its last repetition a key counts as let go
_SLOWEST, _FIRST_SPEED = 0.05, 0.3  # of the velocity limits


class KeyTeleoperator:
    """A ``Teleoperator``: the arm moves while a key is held, that is repeated, and then holds.

    Keys are handed in by ``press``, whoever reads them; stopping is left to that one, too.
    """

    def __init__(self, model: ArmModel, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Drive an arm of ``model``. clock: [s]."""
        self._model, self._clock = model, clock
        self._drive = VelocityDrive(model, clock)
        self._pressed: dict[str, float] = {}
        self.speed = _FIRST_SPEED
        """Share of the velocity limits."""
        self.clutch = False
        """While true the arm holds, whatever is pressed."""
        self.status = "holding: no key"

    @property
    def stopped(self) -> bool:
        """Return False: no key here stops the arm."""
        return False

    @property
    def legend(self) -> list[str]:
        """Return what the keys are for, in lines."""
        pairs = zip(self._model.joints, JOINT_KEYS, strict=False)
        joints = ", ".join(f"{name} {forth}/{back}" for name, (forth, back) in pairs)
        return [
            f"joints: {joints}",
            "tool: arrows for x and y, page up and down for z; jaws: o open, c close",
            "speed: + and -",
        ]

    def press(self, key: str) -> None:
        """Take in that ``key`` was pressed or repeated now; not while the clutch is."""
        if self.clutch:
            return
        if key in SPEED_KEYS:
            self.speed = float(np.clip(self.speed * SPEED_KEYS[key], _SLOWEST, 1.0))
        self._pressed[key] = self._clock()

    def command(self, state: ArmState) -> JointCommand | None:
        """Return where the arm shall go now; None once no key is held and it has arrived."""
        wish = None if self.clutch else self._wish()
        command = self._drive.command(state, wish)
        if self.clutch:
            self.status = "clutch"
            self._drive.forget()
        else:
            self.status = f"following: speed {self.speed:.0%}" if wish else "holding: no key"
        return command

    def _wish(self) -> Wish | None:
        now = self._clock()
        held = [key for key, since in self._pressed.items() if now - since < _HELD]
        joints, tool = np.zeros(self._model.n), np.zeros(3)
        for joint, (forth, back) in zip(range(self._model.n), JOINT_KEYS, strict=False):
            joints[joint] = (forth in held) - (back in held)
        for key in held:
            tool += TOOL_KEYS.get(key, (0.0, 0.0, 0.0))
        return self._drive.wish(
            self.speed, joints, tool, sum(JAW_KEYS.get(key, 0.0) for key in held)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._pressed.clear()
