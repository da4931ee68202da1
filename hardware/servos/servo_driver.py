"""The driver of an arm made of bus servos: counts below, radians, metres and safety above."""

import logging
import time
from collections.abc import Callable, Sequence

import numpy as np

from hardware.driver import never
from hardware.servos.bus import ServoBus
from hardware.servos.calibration import Calibration
from hardware.servos.jaws import Jaws
from hardware.servos.reader import ServoReader
from hardware.servos.servo_entry import servo_names
from hardware.servos.start_up import start_up
from hardware.servos.targets import Targets
from hardware.servos.tracking import Tracking
from robot.command import ArmState, JointCommand, Vector
from robot.errors import ArmError
from robot.model import ArmModel

log = logging.getLogger(__name__)

_ASTRAY = 0.4  # [s] a joint may be away from where it was sent
_STALLED = 2.0  # [s] it may be away from where it is held before its motor is spared
_SAG = 0.05  # [rad] that a loaded servo stays off its target
_AT_REST = 0.15  # [rad] from the rest pose: the arm lies on itself and cannot fall
_FASTEST = 2.0  # times the model's velocity: more than a servo can without load
_OFF = "torque is off since {} stayed stalled: free the arm, then restart the server"


class ServoDriver:
    """An ``ArmDriver`` of the servos on one bus, numbered by joint, the gripper's last."""

    def __init__(
        self,
        model: ArmModel,
        bus: ServoBus,
        calibration: Calibration,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare to drive the servos of ``model`` as ``calibration`` says."""
        self._model, self._bus, self._calibration = model, bus, calibration
        self._clock = clock
        self._names = servo_names(model)
        speeds = [*model.max_velocity, model.gripper.max_velocity]
        self._reader = ServoReader(
            bus, calibration.servos, self._names, clock, fastest=_FASTEST * max(speeds)
        )
        self._targets = Targets(model, bus, calibration)
        self._tracking = Tracking()
        self._jaws = Jaws(model.gripper, clock)
        self._open = self._held = False
        self._off = ""

    @property
    def rate_hz(self) -> float:
        """Return how often all servos can be read and written [Hz]."""
        return self._bus.board.rate_hz

    def open(self) -> None:
        """Let the servos hold where they are; see ``start_up`` for how and what it raises."""
        counts = start_up(self._bus, self._calibration, self._names)
        self._open, self._held, self._off = True, True, ""
        self._reader.begin(counts)
        here = self._place()
        self._targets.begin(here, counts)
        self._tracking.begin(here.positions, self._clock())
        self._jaws.begin(here.gripper)

    def read(self, give_up: Callable[[], bool] = never) -> ArmState | None:
        """Measure, one servo after another; None as soon as ``give_up`` says so.

        Raises ArmError if a servo cannot be read time and again, or if a joint has been away from
        where it was sent for 0.4 s. Under a hold the latter is a fault of the state, and after
        2 s all torque goes off, for a stalled motor burns.
        """
        began = self._clock()
        try:
            if not self._reader.measure(give_up):
                return None
        except ArmError:
            self._watch(self._place().positions, self._clock())  # the others may stall meanwhile
            raise
        now = self._clock()
        here = self._place()
        self._jaws.measure(here.gripper)
        faults = (*self._reader.faults, *self._watch(here.positions, now))
        velocities = self._reader.velocities[:-1]
        return ArmState(here.positions, velocities, here.gripper, (began + now) / 2.0, faults)

    def write(self, command: JointCommand) -> JointCommand:
        """Send the servos to ``command``; return it with the opening that the jaws are sent to.

        Raises ArmError for a step that no motion within the limits makes, and once torque is off.
        """
        if self._off:
            raise ArmError(self._off)
        applied = JointCommand(command.positions, self._jaws.command(command.gripper))
        sent = self._targets.follow(applied, self._place())
        self._tracking.command(sent.positions, self._clock())
        self._held = False
        return applied

    def hold(self) -> JointCommand:
        """Stop where the arm was last measured, on its target where that is near."""
        here, target = self._place(), self._targets.newest
        if self._off:
            return here
        near = np.abs(target.positions - here.positions) <= _SAG
        positions = np.where(near, target.positions, here.positions)
        held = JointCommand(positions, self._jaws.hold(here.gripper))
        self._targets.hold(held)
        self._tracking.begin(positions, self._clock())
        self._held = True
        return held

    def close(self) -> None:
        """Let go of the bus; torque goes off only if the arm lies in its rest pose."""
        if not self._open:
            return
        self._open = False
        try:
            self._go_limp_at_rest()
        finally:
            self._bus.close()

    def _go_limp_at_rest(self) -> None:
        off_rest = np.abs(self._place().positions - self._model.rest)
        joint = int(off_rest.argmax())
        if off_rest[joint] <= _AT_REST:
            self._bus.torque(False)
            log.info("the arm lies in its rest pose: torque is off")
        elif not self._off:
            log.info(
                "%s is not at rest: the servos keep holding; support the arm before you switch "
                "it off",
                self._names[joint],
            )

    def _place(self) -> JointCommand:
        angles = self._reader.angles
        return JointCommand(angles[:-1], self._model.gripper.opening(float(angles[-1])))

    def _watch(self, positions: Vector, now: float) -> Sequence[str]:
        """Return what is wrong with the tracking. Raises ArmError while in motion."""
        if self._off:
            return (self._off,)
        joint, seconds = self._tracking.astray(positions, now)
        if seconds < _ASTRAY:
            return ()
        name = self._names[joint]
        said = (
            f"{name} is not where it was sent to since {seconds:.1f} s: free it of what blocks "
            "or overloads it"
        )
        if not self._held:
            raise ArmError(f"{said}, then re-arm; if it is limp, restart the server")
        if seconds > _STALLED:
            self._bus.torque(False)
            self._off = _OFF.format(name)
            log.error("%s", self._off)
            return (self._off,)
        return (said,)
