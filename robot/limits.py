"""Safety limits: what of a command an arm may follow, and what had to be clamped."""

from dataclasses import dataclass
from math import isfinite

import numpy as np

from robot.command import ArmState, JointCommand
from robot.errors import CommandRefusedError
from robot.keep_out import KeepOut
from robot.model import ArmModel

_BISECTIONS = 14  # narrow a line of 0.6 rad to 0.04 mrad


@dataclass(frozen=True, slots=True, eq=False)
class Admission:
    """A command as allowed, and what was clamped to make it so (empty: nothing).

    clamped: of ``"<joint> position"``, ``"gripper"``, ``"first jump"``, ``"table keep-out"``
    and ``"base keep-out"``.
    """

    command: JointCommand
    clamped: tuple[str, ...] = ()


class SafetyLimits:
    """Clamp every command to what is safe from where the arm is now, and say what was clamped.

    Applied at the sender and again at the arm. Keeps no state, so a sender that comes back
    after a pause is treated like a new one: ``"first jump"`` means that the target was too far
    from the *measured* pose, whichever command it is. How fast the arm then moves is bounded by
    ``MotionLimiter``.
    """

    def __init__(self, model: ArmModel, *, first_jump: float = 0.6, keep_out: bool = True) -> None:
        """Take the limits of ``model``.

        first_jump: how far any joint's target may be from its measured position [rad];
            targets further away are approached along the straight joint line.
        keep_out: whether the arm must stay out of the table and of its own base.
        """
        self.model = model
        self.first_jump = first_jump
        self._keep_out = model.keep_out if keep_out else None
        self._lower: list[float] = model.lower.tolist()
        self._upper: list[float] = model.upper.tolist()
        self._opening = model.gripper.min_opening, model.gripper.max_opening

    def admit(self, command: JointCommand, measured: ArmState) -> Admission:
        """Return ``command`` as allowed from the ``measured`` state, and what was clamped.

        Limits apply in this order: joint positions, gripper opening, jump, keep-outs. A pose
        inside a keep-out is replaced by the last safe one on the straight joint line from the
        measured pose; an arm that already is inside may move, but not deeper. Only the target
        is checked: the jump limit keeps the way there short.
        Raises CommandRefusedError for values that are not finite or a wrong joint count.
        """
        self._refuse(command, measured)
        target: list[float] = command.positions.tolist()
        here: list[float] = measured.positions.tolist()
        clamped: list[str] = []
        target = self._clamp_positions(target, clamped)
        gripper = self._clamp_gripper(command.gripper, clamped)
        target = self._clamp_jump(target, here, clamped)
        if self._keep_out is not None:
            target = self._clamp_keep_out(self._keep_out, target, here, clamped)
        if not clamped:
            return Admission(command)
        return Admission(JointCommand(np.array(target), gripper), tuple(clamped))

    def _refuse(self, command: JointCommand, measured: ArmState) -> None:
        n = len(self._lower)
        if command.positions.size != n:
            raise CommandRefusedError(
                f"command has {command.positions.size} joint positions,"
                f" {self.model.name} has {n} joints"
            )
        if not command.is_finite:
            raise CommandRefusedError(
                f"command is not finite: positions {command.positions.tolist()},"
                f" gripper {command.gripper}"
            )
        if measured.positions.size != n or not isfinite(sum(measured.positions.tolist())):
            raise CommandRefusedError(
                f"the measured pose {measured.positions.tolist()} is not that of {n} joints,"
                " so no command is safe"
            )

    def _clamp_positions(self, target: list[float], clamped: list[str]) -> list[float]:
        inside = self._inside(target)
        if inside != target:
            clamped += (
                f"{name} position"
                for name, value, asked in zip(self.model.joints, inside, target, strict=True)
                if value != asked
            )
        return inside

    def _clamp_gripper(self, opening: float, clamped: list[str]) -> float:
        low, high = self._opening
        if low <= opening <= high:
            return opening
        clamped.append("gripper")
        return min(high, max(low, opening))

    def _clamp_jump(
        self, target: list[float], here: list[float], clamped: list[str]
    ) -> list[float]:
        jump = max(abs(a - b) for a, b in zip(target, here, strict=True))
        if jump <= self.first_jump:
            return target
        clamped.append("first jump")
        return self._between(here, target, self.first_jump / jump)

    def _clamp_keep_out(
        self, zones: KeepOut, target: list[float], here: list[float], clamped: list[str]
    ) -> list[float]:
        table, base = self._depths(zones, target)
        if table == base == 0.0:
            return target
        allowed = self._depths(zones, here)
        if table > allowed[0]:
            clamped.append("table keep-out")
        if base > allowed[1]:
            clamped.append("base keep-out")
        if table <= allowed[0] and base <= allowed[1]:
            return target
        safe, unsafe = 0.0, 1.0
        for _ in range(_BISECTIONS):
            middle = 0.5 * (safe + unsafe)
            table, base = self._depths(zones, self._between(here, target, middle))
            if table <= allowed[0] and base <= allowed[1]:
                safe = middle
            else:
                unsafe = middle
        return self._between(here, target, safe)

    def _depths(self, zones: KeepOut, pose: list[float]) -> tuple[float, float]:
        return zones.depths(self.model.kinematics.points(np.array(pose)))

    def _between(self, here: list[float], target: list[float], part: float) -> list[float]:
        return self._inside([a + part * (b - a) for a, b in zip(here, target, strict=True)])

    def _inside(self, pose: list[float]) -> list[float]:
        return [
            low if value < low else high if value > high else value
            for value, low, high in zip(pose, self._lower, self._upper, strict=True)
        ]
