"""Where the servos of an arm are, read one by one from a bus that may fail now and then."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hardware.servos.bus import BusError, PortError, ServoBus
from hardware.servos.calibration import ServoScale
from robot.command import Vector
from robot.errors import ArmError

_MOST_FAILURES = 3  # measurements in a row without one servo, if they took
_LONGEST_BLIND = 0.3  # [s], like the watchdog: a machine is busy more often than a servo lost
_NOISE = 0.02  # [rad] by which a servo may seem to jump between any two readings


@dataclass(slots=True)
class _Sensor:
    """The last good reading of one servo. velocity [rad/s]; at [s]; fault: "" if it is new."""

    name: str
    scale: ServoScale
    count: int = 0
    velocity: float = 0.0
    at: float = 0.0
    failures: int = 0
    fault: str = ""

    @property
    def angle(self) -> float:
        return self.scale.angle(self.count)


class ServoReader:
    """The newest angles of all servos, the gripper's crank last.

    A servo whose reading fails is read once more at the end of the measurement, when it has had
    time to come to its senses (DS servos answer no second question within 8 ms). If that fails
    too it counts as standing where it last was, for a short while.
    """

    def __init__(
        self,
        bus: ServoBus,
        scales: Sequence[ServoScale],
        names: Sequence[str],
        clock: Callable[[], float],
        *,
        fastest: float,
    ) -> None:
        """Read servos 1, 2, …, of these ``scales`` and ``names``.

        fastest: what no servo can exceed [rad/s]; a reading that would need it is none.
        """
        self._bus, self._clock, self._fastest = bus, clock, fastest
        self._sensors = [_Sensor(*named) for named in zip(names, scales, strict=True)]

    def begin(self, counts: Sequence[int]) -> None:
        """Take ``counts`` of all servos as read now, at rest."""
        for sensor, count in zip(self._sensors, counts, strict=True):
            sensor.count, sensor.at = count, self._clock()
            sensor.velocity, sensor.failures, sensor.fault = 0.0, 0, ""

    @property
    def angles(self) -> Vector:
        """Return the newest angles of all servos [n + 1] [rad]."""
        return np.array([sensor.angle for sensor in self._sensors])

    @property
    def velocities(self) -> Vector:
        """Return the velocities of all servos [n + 1] [rad/s]."""
        return np.array([sensor.velocity for sensor in self._sensors])

    @property
    def faults(self) -> tuple[str, ...]:
        """Return why servos could not be read in the newest measurement."""
        return tuple(sensor.fault for sensor in self._sensors if sensor.fault)

    def measure(self, give_up: Callable[[], bool]) -> bool:
        """Read every servo; return False as soon as ``give_up`` says so.

        Raises ArmError if a servo could not be read three times in a row and for 0.3 s,
        PortError if the port is gone.
        """
        failed = []
        for number in range(1, len(self._sensors) + 1):
            if give_up():
                return False
            if not self._read(number):
                failed.append(number)
        for number in failed:
            if give_up():
                return False
            if not self._read(number):
                self._note_failure(self._sensors[number - 1])
        return True

    def _read(self, number: int) -> bool:
        sensor = self._sensors[number - 1]
        try:
            count = self._bus.read(number)
        except PortError:
            raise
        except BusError as error:
            sensor.fault = f"{sensor.name}: {error}"
            return False
        now = self._clock()
        moved, elapsed = sensor.scale.angle(count) - sensor.angle, now - sensor.at
        if abs(moved) > self._fastest * elapsed + _NOISE:
            sensor.fault = f"{sensor.name} seems to have jumped by {moved:+.2f} rad"
            return False
        sensor.velocity = moved / elapsed if elapsed > 0.0 else 0.0
        sensor.count, sensor.at, sensor.failures, sensor.fault = count, now, 0, ""
        return True

    def _note_failure(self, sensor: _Sensor) -> None:
        sensor.failures += 1
        blind = self._clock() - sensor.at
        if sensor.failures >= _MOST_FAILURES and blind > _LONGEST_BLIND:
            raise ArmError(f"{sensor.fault} ({sensor.failures} times in a row)")
