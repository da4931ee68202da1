"""The servos of one arm as numbers: what they measure, and where the arm really is."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import copysign, radians
from threading import Lock
from typing import TypeVar

import numpy as np

from hardware.emulation.servo import EmulatedServo, Look, Move, ServoTraits
from hardware.emulation.servo_errors import ServoErrors
from hardware.servos.boards import Board
from hardware.servos.calibration import nominal
from robot.command import JointCommand, Vector
from robot.errors import ArmError
from robot.model import ArmModel

Seen = TypeVar("Seen")

_GRIPPER_SPAN = 180.0
"""Travel of the gripper's servo in the vendor's interface [deg]."""


class EmulatedServoSet:
    """Servos 1, 2, … n and the gripper's n + 1, advanced by a clock when looked at or commanded.

    numbers: of the servos. Any thread may call. Hidden errors are drawn from ``seed``; the same
    seed is the same arm.
    """

    def __init__(
        self,
        model: ArmModel,
        board: Board,
        errors: ServoErrors | None = None,
        *,
        seed: int = 0,
        pose: JointCommand | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Place the arm in ``pose`` (home, jaws open) as its servos measure it, limp."""
        errors = errors or ServoErrors()
        self._model, self._errors, self._clock = model, errors, clock
        self._scale = nominal(model, board)
        random = np.random.default_rng(seed)
        self._zero = random.normal(0.0, errors.zero_std, model.n + 1)
        self._gain = random.normal(1.0, errors.gain_std, model.n + 1)
        self._gain[[servo - 1 for servo in errors.reversed_servos]] *= -1.0
        self._lock = Lock()
        self.numbers = range(1, model.n + 2)
        now = clock()
        counts = self._scale.counts(
            pose or JointCommand(model.home, model.gripper.max_opening), model
        )
        traits = _traits(model, board, errors)
        self._jaw_play = traits[-1].backlash
        self._servos = {
            number: EmulatedServo(each, counts[number], now)
            for number, each in enumerate(traits, start=1)
        }

    @property
    def torque(self) -> bool:
        """Return whether every servo holds."""
        return not self.limp

    @property
    def limp(self) -> frozenset[int]:
        """Return the servos without torque."""
        looks = self._each(EmulatedServo.look)
        return frozenset(number for number, look in looks.items() if not look.torque)

    @property
    def overloaded(self) -> frozenset[int]:
        """Return the servos that went limp in a stall."""
        looks = self._each(EmulatedServo.look)
        return frozenset(number for number, look in looks.items() if look.overloaded)

    @property
    def true_positions(self) -> Vector:
        """Return where the joints really are, seen from outside [n] [rad]."""
        return self._true()[:-1]

    @property
    def true_opening(self) -> float:
        """Return how far the jaws really are open [m]."""
        return self._model.gripper.opening(self.true_crank)

    @property
    def true_crank(self) -> float:
        """Return where the gripper's crank really is [rad]."""
        return float(self._true()[-1])

    @property
    def crank_strain(self) -> float:
        """Return how far past what stops the jaws their servo wants to turn the crank [rad]."""
        number = self._model.n + 1
        with self._lock:
            counts = self._at(number, self._clock()).strain
        return float(self._gain[-1]) * counts / self._scale.servos[-1].per_radian

    def measured(self) -> dict[int, int]:
        """Return what all servos measure [counts]."""
        return self._each(EmulatedServo.measured)

    def look(self, servo: int) -> Look:
        """Return what ``servo`` knows of itself."""
        with self._lock:
            return self._at(servo, self._clock()).look()

    def count(self, servo: int) -> int:
        """Return what ``servo`` measures [counts]."""
        return self.look(servo).position

    def move(self, moves: Mapping[int, Move], *, one_by_one: bool = False) -> None:
        """Send servos on their way. one_by_one: as a board does that forwards to each in turn."""
        with self._lock:
            now = self._clock()
            between = self._errors.stagger_s / self._model.n if one_by_one else 0.0
            for servo, move in moves.items():
                starts = now + self._errors.latency_s + between * (servo - 1)
                self._at(servo, now).move(move, starts)

    def set_torque(self, on: bool, servos: Iterable[int] | None = None) -> None:
        """Let ``servos`` (all) go to their last targets at once and hold, or go limp."""
        with self._lock:
            now = self._clock()
            for number in self.numbers if servos is None else servos:
                servo = self._at(number, now)
                servo.hold() if on else servo.limp()

    def power_up(self) -> None:
        """Let all be limp and forget their targets, as after a brown-out."""
        with self._lock:
            now = self._clock()
            for number in self.numbers:
                self._at(number, now).power_up()

    def push(self, joint: int, angle: float) -> None:
        """Lean on joint 0, 1, … with its servo ``angle`` [rad] off, until pushed by 0.0.

        A limp one stays where it was pushed to.
        """
        with self._lock:
            counts = angle * self._scale.servos[joint].per_radian
            self._at(joint + 1, self._clock()).push(counts)

    def block(self, servo: int, count: int | None) -> None:
        """Put an obstacle in the way of ``servo`` at ``count``; None takes it away."""
        with self._lock:
            self._at(servo, self._clock()).block(count)

    def stop_jaws(self, crank: float | None) -> None:
        """Let the jaws close until their crank truly is at ``crank`` [rad], no further.

        None takes away what stopped them.
        """
        number, scale = self._model.n + 1, self._scale.servos[-1]
        with self._lock:
            servo = self._at(number, self._clock())
            if crank is None:
                servo.block(None)
                return
            per_radian = scale.per_radian / float(self._gain[-1])
            # The shaft turns on by half the play once the joint on it is stopped.
            onward = copysign(self._jaw_play / 2.0, per_radian)
            count = scale.zero + per_radian * (crank - float(self._zero[-1]))
            servo.block(count + onward, above=per_radian > 0.0)

    def hand(self, positions: Sequence[float] | Vector) -> None:
        """Put the limp arm by hand where its joints measure ``positions`` [n] [rad].

        One more value is the crank's. Raises ArmError for a servo that holds.
        """
        with self._lock:
            now = self._clock()
            for index, angle in enumerate(positions):
                servo, scale = self._at(index + 1, now), self._scale.servos[index]
                if servo.torque:
                    raise ArmError(f"servo {index + 1} holds: only a limp arm is moved by hand")
                servo.put(scale.zero + scale.per_radian * float(angle))

    def _true(self) -> Vector:
        links = self._each(lambda servo: servo.link).values()
        angles = [scale.angle(link) for scale, link in zip(self._scale.servos, links, strict=True)]
        true: Vector = self._zero + self._gain * np.array(angles)
        return true

    def _each(self, look: Callable[[EmulatedServo], Seen]) -> dict[int, Seen]:
        """Return what ``look`` sees in every servo now."""
        with self._lock:
            now = self._clock()
            return {number: look(self._at(number, now)) for number in self.numbers}

    def _at(self, number: int, now: float) -> EmulatedServo:
        servo = self._servos[number]
        servo.advance(now)
        return servo


def _traits(model: ArmModel, board: Board, errors: ServoErrors) -> list[ServoTraits]:
    spans = [*map(float, model.servo.span_degrees), _GRIPPER_SPAN]
    return [_trait(board, span, errors) for span in spans]


def _trait(board: Board, span: float, errors: ServoErrors) -> ServoTraits:
    counts = board.per_radian(span)
    return ServoTraits(
        speed=errors.speed * counts,
        acceleration=errors.acceleration * counts,
        lag_s=errors.lag_s,
        backlash=errors.backlash * counts,
        dead_band=errors.dead_band * counts,
        stall_error=errors.stall_error * counts,
        stall_s=errors.stall_s,
        lowest=board.lowest,
        highest=board.highest,
        grid=counts * radians(1.0) if errors.whole_degrees else 1.0,
        origin=board.window(span)[0] if errors.whole_degrees else 0.0,
    )
