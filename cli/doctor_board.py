"""What a board and its servos say of themselves; they are only asked, so nothing moves."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import degrees

from cli.finding import Finding
from hardware.servo_port import ServoPort
from hardware.servos.bus import BusError, ServoBus, ServoSilentError
from hardware.servos.calibration import Calibration, ServoScale
from hardware.servos.patience import patiently
from hardware.servos.servo_entry import servo_names
from robot.model import ArmModel

LEAST_VOLTS = 6.0
"""Less than what DS-SY15A, LX-16A and STS3215 are rated for [V]."""
BEYOND = 0.1
"""[rad] past its range, where the server refuses to start."""


@dataclass(frozen=True, slots=True)
class _Servo:
    """What one servo answered: its count, or why there is none."""

    number: int
    name: str
    count: int = 0
    error: BusError | None = None


def board_findings(model: ArmModel, port: ServoPort, calibration: Calibration) -> Iterator[Finding]:
    """Yield what works of the board at ``port``, which is opened here, and of every servo."""
    board = port.board
    try:
        port.bus.open()
    except BusError as error:
        yield Finding(False, f"board {board.name}: {error}")
        return
    yield Finding(True, f"board {board.name}: the {board.title} answers on {port.device}")
    servos = [_asked(port.bus, *named) for named in enumerate(servo_names(model), start=1)]
    for servo, scale in zip(servos, calibration.servos, strict=True):
        yield _found(servo, scale)
    yield from _common_cause(servos)
    yield _supply(port.bus)


def _asked(bus: ServoBus, number: int, name: str) -> _Servo:
    try:
        patiently(bus.board, partial(bus.ping, number))
        return _Servo(number, name, patiently(bus.board, partial(bus.read, number)))
    except BusError as error:
        return _Servo(number, name, error=error)


def _found(servo: _Servo, scale: ServoScale) -> Finding:
    if servo.error is not None:
        return Finding(False, f"{servo.name}: {servo.error}")
    angle = round(degrees(scale.angle(servo.count)), 1) + 0.0
    what = f"{servo.name}: servo {servo.number} answers, at {servo.count} counts, {angle:g} deg"
    if max(scale.low - servo.count, servo.count - scale.high) <= BEYOND * abs(scale.per_radian):
        return Finding(True, what)
    mend = "move it by hand into its range; if it is in it, run `twinarm calibrate joints`"
    return Finding(False, f"{what}, beyond its range", mend)


def _common_cause(servos: Sequence[_Servo]) -> Iterator[Finding]:
    """Yield what servos at the end of the chain that do not answer have in common."""
    silent = [servo.number for servo in servos if isinstance(servo.error, ServoSilentError)]
    last = [servo.number for servo in servos][-len(silent) :]
    if len(silent) > 1 and silent == last:
        yield Finding(
            False,
            f"servos {silent[0]} to {silent[-1]} are all silent",
            f"most likely the cable from servo {silent[0] - 1} to servo {silent[0]}",
        )


def _supply(bus: ServoBus) -> Finding:
    try:
        volts = patiently(bus.board, bus.voltage)
    except BusError as error:
        return Finding(False, f"servo supply: {error}")
    if volts is None:
        return Finding(None, f"servo supply: the {bus.board.title} does not tell its voltage")
    if volts < LEAST_VOLTS:
        mend = "charge or replace the supply: servos reset when it sags under load"
        return Finding(False, f"servo supply: {volts:.1f} V, which is too low", mend)
    return Finding(True, f"servo supply: {volts:.1f} V")
