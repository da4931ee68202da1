"""Drives an arm by a person's own: from landmarks to commands within every limit."""

import time
from collections.abc import Callable
from typing import Protocol, Self

import numpy as np

from perception.body_angles import body_angles
from perception.dead_man import DeadMan, Vigilance
from perception.person import Person, Side
from perception.retarget import Retarget
from perception.setpoint import Setpoint
from perception.smooth_body import SmoothBody
from robot.command import ArmState, JointCommand
from robot.model import ArmModel

_OTHER: dict[Side, Side] = {"left": "right", "right": "left"}


class People(Protocol):
    """Whatever finds a person in pictures."""

    def newest(self) -> Person | None:
        """Return the person in the newest picture, None for nobody. Raises RobotError."""


class BodyTeleoperator:
    """A ``Teleoperator``: follows one arm of a person, and holds when in doubt.

    Its commands keep to the velocity and acceleration limits of the arm, also where it begins to
    hold; a person who comes back is approached slowly.
    """

    def __init__(
        self,
        model: ArmModel,
        people: People,
        retarget: Retarget,
        *,
        side: Side = "right",
        alone: bool = True,
        vigilance: Vigilance | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Follow the ``side`` arm of whom ``people`` finds.

        alone: whether the other arm is not followed by anybody, so that seeing that one instead
        is worth a hint. clock: [s], the one that pictures are stamped by.
        """
        self._people, self._retarget = people, retarget
        self._side, self._alone, self._clock = side, alone, clock
        self._dead_man = DeadMan(vigilance)
        self._smooth = SmoothBody(self._dead_man.vigilance.confidence)
        self._setpoint = Setpoint(model)
        self.stamp = -np.inf
        """When the newest picture with a person in it was taken [s]."""
        self._following = self._stopped = False
        self._hint = ""
        self.clutch = False
        """While true the arm holds and the person may move at will."""
        self.status = "holding: no person"

    @property
    def stopped(self) -> bool:
        """Return whether an emergency stop was asked for."""
        return self._stopped

    def stop(self) -> None:
        """Ask for an emergency stop."""
        self._stopped = True

    def command(self, state: ArmState) -> JointCommand | None:
        """Return where the arm shall go now; None once it has come to hold.

        Raises what the source of persons raises.
        """
        now = self._clock()
        person = self._people.newest()
        self._look(person)
        doubt = self._doubt(person, now)
        self.status = doubt or "following"
        if doubt:
            self._following = False
            return self._setpoint.brake(now)
        if not self._following:
            self._following = True
            self._retarget.begin(self._smooth.at(now), self._setpoint.begin(state, now))
        target = self._retarget.target(self._smooth.at(now), self._setpoint.here)
        return self._setpoint.follow(target, now)

    def _look(self, person: Person | None) -> None:
        """Take in ``person`` if the picture is a new one."""
        if person is None or person.stamp <= self.stamp:
            return
        self.stamp = person.stamp
        body = body_angles(person, self._side)
        self._dead_man.see(person, body)
        self._smooth.step(body, person.stamp)
        unsure = body.arm_confidence < self._dead_man.vigilance.confidence
        self._hint = self._other_arm(person) if self._alone and unsure else ""

    def _other_arm(self, person: Person) -> str:
        """Return a hint to the other arm if that one is seen well."""
        other = _OTHER[self._side]
        if body_angles(person, other).arm_confidence < self._dead_man.vigilance.confidence:
            return ""
        return f", the {other} one is seen: --side {other}, or --mirrored?"

    def _doubt(self, person: Person | None, now: float) -> str | None:
        """Return why the arm holds; None if it follows."""
        reason = self._dead_man.doubt(person, now)
        if self._stopped:
            return "stopped"
        if self.clutch:
            return "clutch"
        return f"holding: {reason}{self._hint}" if reason else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.clutch = False
