"""Drives an arm by a gamepad: the tool, or joint by joint, while a shoulder button is held."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np

from robot.command import ArmState, JointCommand, Vector
from robot.model import ArmModel
from robot.velocity_drive import VelocityDrive, Wish

DEAD_MAN = frozenset({"left shoulder", "right shoulder"})
"""Buttons of which one has to be held for the arm to move."""
RUN_KEYS = {"start": "\n", "back": "m"}
"""Buttons that stand for keys of whoever runs the arm: release a stop, clutch."""
SPEED_BUTTONS = {"y": 1.25, "a": 0.8}

_DEAD_ZONE, _TRIGGER_ZONE = 0.15, 0.05  # of sticks and triggers that were let go
_SLOWEST, _FIRST_SPEED = 0.05, 0.5  # of the velocity limits


@dataclass(frozen=True, slots=True)
class Pad:
    """What is done to a gamepad.

    left, right: the sticks, to the right and forwards, -1 to 1. triggers: left and right, 0 to 1.
    pressed: names of the buttons that are held, or were pressed since it was looked at last.
    """

    left: tuple[float, float] = (0.0, 0.0)
    right: tuple[float, float] = (0.0, 0.0)
    triggers: tuple[float, float] = (0.0, 0.0)
    pressed: frozenset[str] = frozenset()

    def cross(self) -> tuple[float, float]:
        """Return where the directional pad points, to the right and up."""
        held = {name: name in self.pressed for name in ("left", "right", "up", "down")}
        return float(held["right"] - held["left"]), float(held["up"] - held["down"])


class GamepadTeleoperator:
    """A ``Teleoperator``: sticks are velocities, triggers move the jaws, B stops the arm.

    It holds while no shoulder button is held, and while the gamepad is unplugged.
    """

    def __init__(
        self,
        model: ArmModel,
        read: Callable[[], Pad | None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Drive an arm of ``model``. read: returns the pad as it is now, None while it is gone."""
        self._model, self._read = model, read
        self._drive = VelocityDrive(model, clock)
        self._before: frozenset[str] = frozenset()
        self._keys: list[str] = []
        self._stopped = self._by_joint = False
        self.speed = _FIRST_SPEED
        """Share of the velocity limits that a stick pushed to its end asks for."""
        self.clutch = False
        """While true the arm holds, whatever is done to the gamepad."""
        self.status = "holding: no shoulder button"

    @property
    def stopped(self) -> bool:
        """Return whether B was pressed just now."""
        return self._stopped

    @property
    def legend(self) -> list[str]:
        """Return what sticks and buttons are for, in lines."""
        return [
            "gamepad: hold a shoulder button to move; B stops, start releases; back: clutch",
            "tool: left stick for x and y, right stick up and down for z, and to turn the wrist",
            "triggers: left opens the jaws, right closes them; X: tool or joint by joint; A, Y:"
            " slower, faster",
        ]

    def keys(self) -> Iterator[str]:
        """Yield what was pressed since that stands for one of RUN_KEYS."""
        keys, self._keys = self._keys, []
        yield from keys

    def command(self, state: ArmState) -> JointCommand | None:
        """Return where the arm shall go now; None once it has come to hold."""
        pad = self._read()
        self._take_buttons(pad)
        held = pad is not None and not self.clutch and bool(pad.pressed & DEAD_MAN)
        wish = self._wish(pad) if pad is not None and held else None
        command = self._drive.command(state, wish)
        self.status = self._told(pad, held)
        if self.clutch:
            self._drive.forget()
        return command

    def _take_buttons(self, pad: Pad | None) -> None:
        pressed = frozenset[str]() if pad is None else pad.pressed
        fresh, self._before = pressed - self._before, pressed
        self._stopped = "b" in pressed
        self._keys += [key for button, key in RUN_KEYS.items() if button in fresh]
        self._by_joint ^= "x" in fresh
        for button in fresh & SPEED_BUTTONS.keys():
            self.speed = float(np.clip(self.speed * SPEED_BUTTONS[button], _SLOWEST, 1.0))

    def _told(self, pad: Pad | None, held: bool) -> str:
        if pad is None:
            return "holding: the gamepad is gone, plug it in again"
        if self.clutch:
            return "clutch"
        if not held:
            return "holding: no shoulder button"
        return f"following: {'joints' if self._by_joint else 'tool'}, speed {self.speed:.0%}"

    def _wish(self, pad: Pad) -> Wish | None:
        left, right, cross = _live(pad.left), _live(pad.right), pad.cross()
        joints, tool = np.zeros(self._model.n), np.zeros(3)
        if self._by_joint:
            asked = [-left[0], left[1], right[1], -right[0], cross[1], -cross[0]]
            joints[: len(asked)] = asked[: self._model.n]
        else:
            tool[:] = left[1], -left[0], right[1]
            joints[-1], joints[-2] = -right[0], cross[1]
        opening, closing = (push if push > _TRIGGER_ZONE else 0.0 for push in pad.triggers)
        return self._drive.wish(self.speed, joints, tool, opening - closing)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.clutch = False


def _live(stick: tuple[float, float]) -> Vector:
    """Return ``stick`` [2] without its dead zone, and finer near the middle."""
    push = np.array(stick)
    length = float(np.hypot(*push))
    if length <= _DEAD_ZONE:
        return np.zeros(2)
    beyond = (min(length, 1.0) - _DEAD_ZONE) / (1.0 - _DEAD_ZONE)
    live: Vector = push / length * beyond**2
    return live
