"""What is written to the servos, and when a write is worth it."""

import numpy as np

from hardware.servos.bus import BusError, PortError, ServoBus
from hardware.servos.calibration import Calibration
from robot.command import JointCommand
from robot.errors import ArmError
from robot.model import ArmModel

_MOST_STEP = 0.6  # [rad] a joint may be told to move by at once, whatever went wrong above
_LEASH = 0.5  # [rad] a target may be ahead of a servo that is kept back
_SPEED = 3.0  # [rad/s] from where a servo was last measured; with its lag it turns at 2.4 at most
_WORTH_IT = 0.006  # [rad] 0.35 deg: servos ignore less, and stutter if told often


class Targets:
    """Streams commands as counts and move times that the servos can keep up with."""

    def __init__(self, model: ArmModel, bus: ServoBus, calibration: Calibration) -> None:
        """Write to ``bus`` within the windows of ``calibration``. Call ``begin`` first."""
        self._model, self._bus, self._given = model, bus, calibration
        scales = calibration.servos
        self._worth_it = [_WORTH_IT * abs(scale.per_radian) for scale in scales]

    def begin(self, command: JointCommand, counts: list[int]) -> None:
        """Take ``command`` as what the servos, sent to ``counts``, hold.

        A limp joint may lean beyond its window: to send it back would move an unasked arm.
        """
        self.newest = command
        self._calibration = self._given.reaching(counts)
        self._sent = dict(enumerate(counts, start=1))

    def follow(self, command: JointCommand, measured: JointCommand) -> JointCommand:
        """Go on to ``command``; return how far of it the servos are sent now.

        Less than 0.35 deg is only written when nothing more comes: the sum of what was not
        written is never lost. Raises ArmError for a step that no motion within limits makes.
        """
        self._refuse_leap(command)
        done = _same(command, self.newest)
        self.newest = command
        counts = self._calibration.counts(self._leashed(command, measured), self._model)
        if counts != self._sent and (done or self._is_worth_it(counts)):
            way = np.abs(command.positions - measured.positions).max()
            self._send(counts, float(way) / _SPEED)
        return JointCommand(*self._calibration.place(counts, self._model))

    def hold(self, command: JointCommand) -> None:
        """Go to ``command`` at once."""
        self.newest = command
        self._send(self._calibration.counts(command, self._model), 0.0)

    def _refuse_leap(self, command: JointCommand) -> None:
        leap = np.abs(command.positions - self.newest.positions)
        joint = int(leap.argmax())
        if leap[joint] > _MOST_STEP:
            raise ArmError(
                f"refusing to move {self._model.joints[joint]} by {leap[joint]:.2f} rad in one "
                f"step: {_MOST_STEP} is the most; re-arm, and command smaller steps"
            )

    def _leashed(self, command: JointCommand, measured: JointCommand) -> JointCommand:
        """Return ``command``, no further ahead of the measured place than a servo may lag."""
        gripper, here = self._model.gripper, measured.positions
        crank = gripper.actuator(measured.gripper)
        turn = np.clip(gripper.actuator(command.gripper) - crank, -_LEASH, _LEASH)
        return JointCommand(
            np.clip(command.positions, here - _LEASH, here + _LEASH),
            gripper.opening(crank + float(turn)),
        )

    def _is_worth_it(self, counts: dict[int, int]) -> bool:
        pairs = zip(counts.values(), self._sent.values(), self._worth_it, strict=True)
        return any(abs(new - old) >= least for new, old, least in pairs)

    def _send(self, counts: dict[int, int], seconds: float) -> None:
        board = self._bus.board
        seconds = min(board.longest_move_s, max(board.move_s, seconds))
        try:
            self._bus.move(counts, seconds)
        except PortError:
            raise
        except BusError:
            self._bus.move(counts, seconds)  # once more: one lost frame is no fault
        self._sent = counts


def _same(one: JointCommand, other: JointCommand) -> bool:
    return one.gripper == other.gripper and np.array_equal(one.positions, other.positions)
