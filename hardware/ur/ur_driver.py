"""The driver of a Universal Robots arm: joint targets streamed to the program on its controller."""

import time
from collections.abc import Callable

import numpy as np

from hardware.driver import never
from hardware.servos.tracking import TOLERANCE, Tracking
from hardware.ur.braking import Braking
from hardware.ur.connection import UrConnection
from hardware.ur.jaws import UrJaws
from hardware.ur.link import RATE_HZ
from hardware.ur.robot_state import RobotState
from robot.command import ArmState, JointCommand, Vector
from robot.errors import ArmError
from robot.model import ArmModel

JOINTS = 6
_ASTRAY = 0.4  # [s] a joint may be away from where it was sent
_LAG = 0.2  # [s] servoj trails its target by at most
_STEP_SLACK = 0.02  # [rad] of one step beyond what its time allows: a late thread
_SLIPPED = 0.1  # [rad] that a robot may move while its program starts
_GENTLY = 0.5  # [rad/s²]
_BEYOND = 0.02  # [rad] past the end of a joint's range
_NEWS = 0.05  # [s] in which modes tell why a program ended
_SLOWED = 0.99  # of full speed
_ENDED = "the control program on the robot has ended (Stop on the pendant, or no target for 0.3 s)"


class UrDriver:
    """An ``ArmDriver`` of the robot behind one controller, with a 2F-85 or without jaws.

    Targets go out once a period, also while the arm holds: the program on the controller ends
    itself when they stop, and the robot brakes. A protective or emergency stop ends it too. It is
    started again with the first write after that, from where the robot is measured to be.
    """

    rate_hz = RATE_HZ

    def __init__(
        self, model: ArmModel, host: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Prepare to drive the ``model`` at ``host``. Raises ArmError for an arm that is no UR."""
        if model.n != JOINTS:
            raise ArmError(
                f"a UR controller moves {JOINTS} joints, the {model.title} has {model.n}: serve "
                "--arm ur5"
            )
        self._model, self._clock = model, clock
        self._robot = UrConnection(host, clock)
        self._jaws = UrJaws(model.gripper, host) if model.gripper.joint else None
        self._tracking = Tracking()
        self._live = self._held = False
        self._lost = ""

    def open(self) -> None:
        """Connect and start the control program; nothing moves. Raises ArmError with the mend."""
        self._robot.check()
        if self._jaws is not None:
            self._jaws.open()
        try:
            self._robot.open()
            robot = self._newest()
            self._check_range(robot.positions)
            self._robot.start()
            self._begin(self._newest())
        except BaseException:
            self.close()
            raise

    def read(self, give_up: Callable[[], bool] = never) -> ArmState:
        """Return the newest state, at once; while the arm holds, tell the robot to go on holding.

        Raises ArmError when the connection is lost, the robot stopped or its gripper fell silent,
        and for a joint that has been away from where it was sent for 0.4 s. All but the last is
        then a fault of the state, as long as it lasts.
        """
        opening = 0.0 if self._jaws is None else self._jaws.opening()
        if not self._live and self._robot.lost:
            self._robot.reopen()
        if not self._live and self._robot.lost:
            return ArmState(self._here, np.zeros(JOINTS), opening, self._stamp, (self._lost,))
        robot = self._newest()
        stopped = _stopped(robot)
        if self._live and stopped is not None:
            raise self._fallen()
        silent = None if self._jaws is None else self._jaws.fault
        if self._live and self._held:
            self._send(self._target)
        elif self._live:
            self._watch(robot, silent)
        faults = tuple(fault for fault in (self._lost, stopped, silent) if fault)
        return ArmState(robot.positions, robot.velocities, opening, robot.stamp, faults)

    def write(self, command: JointCommand) -> JointCommand:
        """Send the robot to ``command``; return it.

        Starts the control program first if it has ended, which takes a moment. Raises ArmError
        where the robot cannot move, and for a step that no motion within the limits makes.
        """
        if not self._live:
            self._revive()
            self._glide(command.positions)
        if self._held and self._jaws is not None and self._jaws.fault is not None:
            self._jaws.open()
        self._check_step(command.positions)
        self._held = False
        self._target = command.positions
        self._send(command.positions)
        if self._jaws is not None:
            self._jaws.command(command.gripper)
        return command

    def hold(self) -> JointCommand:
        """Brake from where the target moves, or stay where a robot is that does not follow."""
        opening = 0.0 if self._jaws is None else self._jaws.hold()
        if not self._live:
            self._target = self._here
            return JointCommand(self._here, opening)
        now = self._clock()
        trailing = TOLERANCE + _LAG * np.abs(self._velocity)
        follows = bool((np.abs(self._sent - self._here) <= trailing).all())
        if follows and not self._held:
            self._braking = Braking(self._velocity, self._model.max_acceleration, now)
            self._target = self._sent + self._braking.left(now)
        elif not follows:
            self._braking, self._target = self._standing(), self._here
        self._held = True
        return JointCommand(self._target, opening)

    def close(self) -> None:
        """End the control program, where the robot brakes and holds by itself, and let go."""
        if self._jaws is not None:
            self._jaws.close()
        self._live = False
        self._robot.close()

    def _begin(self, robot: RobotState) -> None:
        self._sent = self._target = robot.positions
        self._sent_at = self._clock()
        self._velocity = np.zeros(JOINTS)
        self._braking = self._standing()
        self._tracking.begin(robot.positions, self._sent_at)
        self._live = self._held = True
        self._lost = ""

    def _newest(self) -> RobotState:
        """Return the newest state. Raises ArmError if the connection is lost."""
        try:
            robot = self._robot.state()
        except ArmError as error:
            self._live, self._lost = False, str(error)
            raise
        self._here, self._stamp = robot.positions, robot.stamp
        return robot

    def _revive(self) -> None:
        """Start the control program where the robot stands. Raises ArmError if it may not move."""
        if self._robot.lost:
            raise ArmError(self._lost)
        trouble = self._newest().trouble
        if trouble is not None:
            raise ArmError(f"{trouble}, then re-arm")
        self._robot.start()
        self._begin(self._newest())

    def _glide(self, positions: Vector) -> None:
        """Begin a gentle way to ``positions``, if the robot only slipped from there meanwhile."""
        way = positions - self._target
        if np.abs(way).max() < _SLIPPED:
            speed = np.sign(way) * np.sqrt(2.0 * _GENTLY * np.abs(way))
            self._braking = Braking(speed, np.full(JOINTS, _GENTLY), self._clock())
            self._target = positions

    def _send(self, positions: Vector) -> None:
        """Send the robot to ``positions``, short of them by what braking has left to go."""
        now = self._clock()
        target = positions - self._braking.left(now)
        elapsed = now - self._sent_at
        if elapsed > 0.0:
            self._velocity = np.clip(
                (target - self._sent) / elapsed, -self._model.max_velocity, self._model.max_velocity
            )
        self._sent, self._sent_at = target, now
        self._tracking.command(target, now)
        self._robot.servo(target)

    def _check_range(self, positions: Vector) -> None:
        beyond = np.maximum(self._model.lower - positions, positions - self._model.upper)
        joint = int(beyond.argmax())
        if beyond[joint] > _BEYOND:
            raise ArmError(
                f"{self._model.joints[joint]} is at {np.degrees(positions[joint]):.0f} deg, beyond "
                f"the range of the {self._model.title}: turn it back with the pendant"
            )

    def _check_step(self, positions: Vector) -> None:
        step = np.abs(positions - self._target)
        allowed = self._model.max_velocity * (self._clock() - self._sent_at) + _STEP_SLACK
        joint = int((step - allowed).argmax())
        if step[joint] > allowed[joint]:
            raise ArmError(
                f"refusing to move {self._model.joints[joint]} by {step[joint]:.2f} rad in one "
                "step: re-arm, and command smaller steps"
            )

    def _fallen(self) -> ArmError:
        """Take note that the robot stopped; return why. Its modes may follow its program."""
        self._live = False
        deadline = self._clock() + _NEWS
        while (robot := self._newest()).trouble is None and self._clock() < deadline:
            time.sleep(_NEWS / 10)
        return ArmError(f"{robot.trouble or _ENDED}, then re-arm")

    def _watch(self, robot: RobotState, silent: str | None) -> None:
        """Raise ArmError if the jaws are ``silent``, or the robot does not go where it is sent."""
        if silent is not None:
            raise ArmError(silent)
        joint, seconds = self._tracking.astray(robot.positions, self._clock())
        if seconds < _ASTRAY:
            return
        slow = robot.speed < _SLOWED
        mend = "set the pendant's speed slider to 100 %" if slow else "free it of what blocks it"
        raise ArmError(
            f"{self._model.joints[joint]} is not where it was sent to since {seconds:.1f} s: "
            f"{mend}, then re-arm"
        )

    def _standing(self) -> Braking:
        return Braking(np.zeros(JOINTS), self._model.max_acceleration, self._clock())


def _stopped(robot: RobotState) -> str | None:
    return robot.trouble or (None if robot.running and robot.took else _ENDED)
