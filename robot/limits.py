"""Safety limits: what of a command an arm may follow, and what had to be clamped."""

from dataclasses import dataclass
from math import isfinite

import numpy as np

from robot.command import ArmState, JointCommand
from robot.errors import CommandRefusedError
from robot.keep_out_guard import KeepOutGuard
from robot.model import ArmModel


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

    Used at the sender and again at the arm, one object an arm. A sender that comes back after a
    pause is treated like a new one: ``"first jump"`` means that the target was too far from the
    *measured* pose, whichever command it is. How fast the arm then moves there is bounded by
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
        self._lower: list[float] = model.lower.tolist()
        self._upper: list[float] = model.upper.tolist()
        self._opening = model.gripper.min_opening, model.gripper.max_opening
        self._guard = (
            KeepOutGuard(model.keep_out, model.kinematics, jump=first_jump) if keep_out else None
        )

    def admit(self, command: JointCommand, measured: ArmState) -> Admission:
        """Return ``command`` as allowed from the ``measured`` state, and what was clamped.

        Limits apply in this order: joint positions, gripper opening, jump, keep-outs. A pose
        inside a keep-out is replaced by the last safe one on the straight joint line towards
        it. Only the target is checked; whoever drives servos there checks the way (``PathGuard``).
        Raises CommandRefusedError for values that are not finite or a wrong joint count.
        """
        target: list[float] = command.positions.tolist()
        here: list[float] = measured.positions.tolist()
        self._refuse(target, command.gripper, here)
        clamped: list[str] = []
        target = self._clamp_positions(target, clamped)
        gripper = self._clamp_gripper(command.gripper, clamped)
        target = self._clamp_jump(target, here, clamped)
        if self._guard is not None:
            target, entered = self._guard.clamp(target, here)
            clamped += entered
        if not clamped:
            return Admission(command)
        # Where servos give, the measured end of a line may lie beyond a joint limit.
        positions = np.clip(target, self._lower, self._upper)
        return Admission(JointCommand(positions, gripper), tuple(clamped))

    def _refuse(self, target: list[float], gripper: float, here: list[float]) -> None:
        n = len(self._lower)
        if len(target) != n:
            raise CommandRefusedError(
                f"command has {len(target)} joint positions, {self.model.name} has {n} joints"
            )
        if not isfinite(sum(target, gripper)):
            raise CommandRefusedError(
                f"command is not finite: positions {target} rad, gripper {gripper} m"
            )
        if len(here) != n or not isfinite(sum(here)):
            raise CommandRefusedError(
                f"no command is safe: the measured pose {here} is not one of {n} finite joints"
            )

    def _clamp_positions(self, target: list[float], clamped: list[str]) -> list[float]:
        inside = [
            low if value < low else high if value > high else value
            for value, low, high in zip(target, self._lower, self._upper, strict=True)
        ]
        if inside != target:
            named = zip(self.model.joints, inside, target, strict=True)
            clamped += [f"{name} position" for name, value, asked in named if value != asked]
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
        moves = [a - b for a, b in zip(target, here, strict=True)]
        jump = max(*moves, -min(moves))
        if jump <= self.first_jump:
            return target
        clamped.append("first jump")
        part = self.first_jump / jump
        return [b + part * move for b, move in zip(here, moves, strict=True)]
