"""Take over the servos of an arm without moving it: the one order of steps that is safe."""

import time
from collections.abc import Callable, Sequence
from math import degrees
from typing import TypeVar

import numpy as np

from hardware.servos.bus import BusError, PortError, ServoBus
from hardware.servos.calibration import Calibration
from robot.command import Vector
from robot.errors import ArmError

Answer = TypeVar("Answer")

_PATIENCE = 1.0  # [s] for a servo to answer, and for all to rest; a board boots in 0.7
_PAUSE = 0.015  # [s] after which a servo or board that was not ready is asked again
_AGREE = 0.02  # [rad] two readings of a servo at rest
_BEYOND = 0.1  # [rad] past its range that a limp joint may lean
_FIRST_MOVE = 1.0  # [s] all servos starting at once in less can brown the board out
_SETTLE = 0.15  # [s] in which torque shows what it does
_MOVED = 0.06  # [rad] more than play and sag


def start_up(bus: ServoBus, calibration: Calibration, names: Sequence[str]) -> list[int]:
    """Open ``bus``, let every servo hold where it is, and return the counts they hold.

    Asks for all servos, reads them until two readings agree, refuses what cannot be, makes these
    places the targets, switches torque on, and checks that nothing moved. Raises ArmError naming
    the servo and the mend. Then the bus is closed again and torque is as it was, unless it was
    the last check that failed: an arm that moved is left holding, not dropped.
    """
    bus.open()
    try:
        for number, name in enumerate(names, start=1):
            _patiently(bus.ping, number, name)
        counts = _read_at_rest(bus, calibration, names)
        _check_ranges(counts, calibration, names)
        bus.move(dict(enumerate(counts, start=1)), _FIRST_MOVE)
        bus.torque(True)
        time.sleep(_SETTLE)
        _check_still(counts, _read_at_rest(bus, calibration, names), calibration, names)
    except BaseException:
        bus.close()
        raise
    return counts


def _patiently(ask: Callable[[int], Answer], number: int, name: str) -> Answer:
    """Return what ``ask(number)`` returns, repeated while it fails. Raises ArmError in the end."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return ask(number)
        except PortError:
            raise
        except BusError as error:
            if time.monotonic() > deadline:
                raise ArmError(f"{name}: {error}") from error
        time.sleep(_PAUSE)


def _read_at_rest(bus: ServoBus, calibration: Calibration, names: Sequence[str]) -> list[int]:
    """Return the counts of all servos once two readings of each agree.

    The first ones after power-up may be absurd. Raises ArmError for a servo that does not rest.
    """
    deadline = time.monotonic() + _PATIENCE
    before = _read_all(bus, names)
    while True:
        time.sleep(_PAUSE)
        now = _read_all(bus, names)
        moves = _moves(before, now, calibration)
        worst = int(np.abs(moves).argmax())
        if abs(moves[worst]) < _AGREE:
            return now
        if time.monotonic() > deadline:
            raise ArmError(
                f"{names[worst]} moves while the arm should be at rest: let go of it, or check "
                f"the cable of servo {worst + 1}, whose readings jump"
            )
        before = now


def _read_all(bus: ServoBus, names: Sequence[str]) -> list[int]:
    return [_patiently(bus.read, number, name) for number, name in enumerate(names, start=1)]


def _check_ranges(counts: Sequence[int], calibration: Calibration, names: Sequence[str]) -> None:
    for number, (count, servo) in enumerate(zip(counts, calibration.servos, strict=True), start=1):
        beyond = max(servo.low - count, count - servo.high) / abs(servo.per_radian)
        if beyond > _BEYOND:
            ends = sorted(degrees(servo.angle(end)) for end in (servo.low, servo.high))
            raise ArmError(
                f"{names[number - 1]} stands at {degrees(servo.angle(count)):.0f} deg (servo "
                f"{number} says {count}), outside its range of {ends[0]:.0f} to {ends[1]:.0f} "
                f"deg: move {names[number - 1]} by hand into its range and start again; if it is "
                "in its range, run `twinarm calibrate joints`"
            )


def _check_still(
    before: Sequence[int], now: Sequence[int], calibration: Calibration, names: Sequence[str]
) -> None:
    moves = _moves(before, now, calibration)
    worst = int(np.abs(moves).argmax())
    if abs(moves[worst]) > _MOVED:
        raise ArmError(
            f"{names[worst]} moved by {degrees(moves[worst]):+.0f} deg when torque was switched "
            f"on, though told to stay: the arm is left holding; check that servo {worst + 1} is "
            "no other program's, and that no button of the board was pressed, then start again"
        )


def _moves(before: Sequence[int], now: Sequence[int], calibration: Calibration) -> Vector:
    """Return by how much each servo moved [rad]."""
    pairs = zip(calibration.servos, before, now, strict=True)
    return np.array([servo.angle(new) - servo.angle(old) for servo, old, new in pairs])
