"""An arm in a simulated world: position servos with limited speed and torque."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from robot.arm import Arm
from robot.command import ArmState, JointCommand, Vector
from robot.errors import ArmError
from robot.limits import SafetyLimits
from robot.model import ArmModel
from robot.soft_start import SoftStart
from robot.trajectory import MotionLimiter
from sim.bullet import pybullet
from sim.jaws import tie_mimic_joints
from sim.servos import ServoFaults, Servos
from sim.urdf_bodies import check_bodies
from sim.world import TIMESTEP, Pace, World

_PACED = 2  # physics steps, 8 ms, between two set-points where their motion is limited
_CATCH_UP = 0.25  # [s] of simulation at most in one call, so that a paused program does not race


class SimArm(Arm):
    """An ``Arm`` in a PyBullet ``World``.

    Time: with ``clock`` None its owner advances it by ``step`` (training, tests). With a clock,
    such as ``time.monotonic``, every ``state`` and ``command`` first lets the world catch up
    with it, so that the simulated arm moves like a real one beside it.

    Commands and readings are what the servos take and tell; where their calibration is wrong
    the joints really are elsewhere, at ``true_positions``.
    """

    def __init__(
        self,
        world: World,
        model: ArmModel,
        servos: Servos | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Load ``model`` into ``world`` at its origin, in its home pose.

        Raises ModelError for a URDF without the shapes or masses that physics needs.
        """
        check_bodies(model.urdf)
        self._model = model
        self.world = world
        self._limits = SafetyLimits(model)
        self._clock = clock
        self._last_tick = 0.0
        self._connected = self._stopped = False
        self.body = world.add_urdf(model.urdf.path)
        self.index = self._joint_indices()
        self._jaws = () if model.gripper.joint is None else (model.gripper.joint,)
        self._driven = [self.index[name] for name in (*model.joints, *self._jaws)]
        self._mimics = tie_mimic_joints(model, self.body, self.index, self.world.client)
        self._add_rotor_inertia()
        self._state: ArmState | None = None
        self._state_step = -1
        self._limiter: MotionLimiter | None = None
        self._goal: JointCommand | None = None
        self.set_servos(servos or Servos())
        self.teleport(model.home, model.gripper.max_opening)

    @property
    def model(self) -> ArmModel:
        """Return what this arm is."""
        return self._model

    def set_servos(self, servos: Servos) -> None:
        """Put other servos into the joints, which hold where they are.

        Raises RobotError unless offsets and gains are for this number of joints.
        """
        self._faults = ServoFaults(servos, self.model.n)
        self._motors = self._motor_settings(servos)
        self._cap_speeds(servos)
        self._state = None
        self._hold()

    def limit_motion(self) -> None:
        """Let set-points move to commands softly and within the limits of the model, every 8 ms.

        That is what the server of a real arm does, beside which a twin must not be early.
        """
        self._limiter, self._soft_start = MotionLimiter(self.model), SoftStart(self.model)
        self._hold()

    def set_pad_friction(self, friction: float) -> None:
        """Set the lateral friction of everything that moves with the jaws."""
        for joint in (*self._driven[self.model.n :], *(follower for follower, _ in self._mimics)):
            self.world.set_friction(self.body, friction, joint)

    def set_pace(self, pace: Pace) -> None:
        """Let the world simulate at another pace, at which the motors are as stiff as before."""
        if pace != self.world.pace:
            self.world.set_pace(pace)
            self.drive(self._target)

    def link_index(self, name: str) -> int:
        """Return PyBullet's index of the link ``name``. Raises StopIteration for another."""
        joints = self.model.urdf.joints.values()
        return self.index[next(joint.name for joint in joints if joint.child == name)]

    def step(self, count: int = 1) -> None:
        """Let ``count`` physics steps pass; delayed commands take effect as they fall due."""
        if self._limiter is None or self._goal is None:
            self._pass(count)
            return
        end = self.world.steps + count
        while (left := min(_PACED, end - self.world.steps)) > 0:
            self._send(self._advance(self._limiter, self._goal, left * TIMESTEP))
            self._pass(left)

    def _advance(self, limiter: MotionLimiter, goal: JointCommand, dt: float) -> JointCommand:
        here = limiter.command.positions
        return limiter.step(self._soft_start.shorten(goal, here, dt), dt)

    def _pass(self, count: int) -> None:
        faults, world = self._faults, self.world
        end = world.steps + count
        while (due := faults.next_due()) is not None and due < end:
            if due > world.steps:
                world.step(due - world.steps)
            self.drive(faults.take())
        world.step(end - world.steps)

    def connect(self) -> None:
        """Be ready for commands, holding the present pose."""
        self._connected, self._stopped = True, False
        self._last_tick = self._clock() if self._clock else 0.0
        self._hold()

    def state(self) -> ArmState:
        """Return the joints as they are now. Raises ArmError if not connected."""
        self._require_connection()
        self._catch_up()
        return self._measure()

    def command(self, command: JointCommand) -> JointCommand:
        """Drive towards ``command`` as far as the safety limits allow; return what they left.

        Raises ArmError if not connected or stopped, CommandRefusedError for a bad command.
        """
        self._require_connection()
        if self._stopped:
            raise ArmError("the simulated arm was stopped: disconnect and connect to go on")
        self._catch_up()
        admitted = self._limits.admit(command, self._measure()).command
        if self._limiter is None:
            self._send(admitted)
        self._goal = admitted
        return admitted

    def stop(self) -> None:
        """Hold the present pose and refuse commands until connected anew."""
        if self._connected:
            self._catch_up()
            self._hold()
        self._stopped = True

    def disconnect(self) -> None:
        """Hold the present pose and let go; the world and the arm in it stay."""
        if self._connected and not self._stopped:
            self._hold()
        self._connected = False

    def teleport(self, positions: Vector, gripper: float) -> None:
        """Put the joints [rad] and the jaws [m] in place at rest, without moving there.

        They will read what is asked for; commands under way are forgotten.
        """
        true = self._rest(JointCommand(positions, gripper))
        for joint, value in zip(self._driven, true, strict=False):
            pybullet.resetJointState(self.body, joint, value, physicsClientId=self.world.client)
        for follower, ratio in self._mimics:
            pybullet.resetJointState(
                self.body, follower, ratio * true[-1], physicsClientId=self.world.client
            )
        self._state = None
        self.drive(true)

    def true_positions(self) -> Vector:
        """Return where the joints really are [n] [rad]; for those who score or draw the arm."""
        driven = self._driven[: self.model.n]
        joints = pybullet.getJointStates(self.body, driven, self.world.client)
        return np.array([joint[0] for joint in joints])

    def true_crank(self) -> float:
        """Return where the gripper's crank really is [rad]."""
        crank: float = pybullet.getJointState(self.body, self._driven[-1], self.world.client)[0]
        return crank

    def crank_torque(self) -> float:
        """Return what the gripper's motor gave in the last step [N·m], closing if positive."""
        torque: float = pybullet.getJointState(self.body, self._driven[-1], self.world.client)[3]
        return torque

    def true_state(self) -> ArmState:
        """Return ``state`` with the joints where they really are, and whole."""
        if self._faults.faithful:
            return self.state()
        measured = self.state()
        return replace(measured, positions=self.true_positions())

    def forget_measurement(self) -> None:
        """Measure anew at the next call: the world was moved without stepping."""
        self._state = None

    def _require_connection(self) -> None:
        if not self._connected:
            raise ArmError("the simulated arm is not connected: call connect() first")

    def _catch_up(self) -> None:
        if self._clock is None:
            return
        behind = min(_CATCH_UP, self._clock() - self._last_tick)
        steps = int(behind / TIMESTEP)
        steps -= steps % self.world.pace.stride  # the world would round up and get ahead
        if steps > 0:
            self.step(steps)
            self._last_tick = max(self._last_tick, self._clock() - _CATCH_UP) + steps * TIMESTEP

    def _measure(self) -> ArmState:
        if self._state is None or self._state_step != self.world.steps:
            joints = pybullet.getJointStates(self.body, self._driven, self.world.client)
            n = self.model.n
            jaws = joints[n][0] if self._jaws else 0.0
            read = self._faults.reading([*(joint[0] for joint in joints[:n]), jaws])
            self._state = ArmState(
                np.array(read[:-1]),
                np.array([joint[1] for joint in joints[:n]]),
                self.model.gripper.opening(read[-1]),
                self.world.time,
            )
            self._state_step = self.world.steps
        return self._state

    def _hold(self) -> None:
        self.drive(self._rest(self._measure()))

    def _rest(self, pose: JointCommand | ArmState) -> list[float]:
        """Forget what was commanded; return the true angles of servos at rest in ``pose``."""
        self._goal = None
        if self._limiter is not None:
            self._limiter.reset(pose.positions, pose.gripper)
            self._soft_start.reset()
        return self._faults.rest(self._nominal(pose))

    def _send(self, setpoint: JointCommand) -> None:
        """Let ``setpoint`` take effect, after the lag if there is one."""
        nominal = self._nominal(setpoint)
        if self._faults.lag:
            self._faults.command(nominal, self.world.steps)
        else:
            self.drive(self._faults.follow(nominal))

    def _nominal(self, pose: JointCommand | ArmState) -> list[float]:
        return [*pose.positions.tolist(), self.model.gripper.actuator(pose.gripper)]

    def drive(self, angles: list[float]) -> None:
        """Turn the motors towards the true ``angles`` [rad] of the joints and the crank.

        For those who decide themselves where the servos truly are: no limit, lag or fault acts.
        Where there are no jaws the last angle moves nothing.
        """
        self._target = angles
        gain, stride = self._faults.servos.gain, self.world.pace.stride
        if stride > 1:
            gain = 1.0 - (1.0 - gain) ** stride  # what as many single steps would close
        # One call a joint: PyBullet's array calls ignore the speed limit.
        for (joint, force, speed), target in zip(self._motors, angles, strict=False):
            pybullet.setJointMotorControl2(
                self.body,
                joint,
                pybullet.POSITION_CONTROL,
                targetPosition=target,
                force=force,
                positionGain=gain,
                maxVelocity=speed,
                physicsClientId=self.world.client,
            )

    def _motor_settings(self, servos: Servos) -> list[tuple[int, float, float]]:
        """Return (PyBullet joint, effort [N·m], greatest speed [rad/s]) a motor."""
        model = self.model
        forces = [*model.effort.tolist(), *(model.urdf.joint(jaw).effort for jaw in self._jaws)]
        speeds = [*model.max_velocity.tolist(), *(model.gripper.max_velocity for _ in self._jaws)]
        speeds = [speed * servos.speed for speed in speeds]
        return list(zip(self._driven, forces, speeds, strict=True))

    def _cap_speeds(self, servos: Servos) -> None:
        """Let nothing throw a joint faster than its servo turns: its gears would not allow it.

        PyBullet has one cap for all joints of a body, so the jaws share the arm's.
        """
        pybullet.changeDynamics(
            self.body,
            -1,
            maxJointVelocity=float(self.model.max_velocity.max()) * servos.speed,
            physicsClientId=self.world.client,
        )

    def _add_rotor_inertia(self) -> None:
        """Give links what their geared motors add, which also keeps the solver well posed.

        PyBullet knows no armature, so it goes to the link that the joint moves, about every
        axis.
        """
        model = self.model
        rotors = dict(zip(model.joints, model.rotor_inertia.tolist(), strict=True))
        jaws = [*self._jaws, *(j.name for j in model.urdf.joints.values() if j.mimic)]
        rotors |= dict.fromkeys(jaws, model.gripper.rotor_inertia)
        for name, rotor in rotors.items():
            link = self.index[name]
            own = pybullet.getDynamicsInfo(self.body, link, self.world.client)[2]
            pybullet.changeDynamics(
                self.body,
                link,
                localInertiaDiagonal=[value + rotor for value in own],
                physicsClientId=self.world.client,
            )

    def _joint_indices(self) -> dict[str, int]:
        count = pybullet.getNumJoints(self.body, self.world.client)
        infos = (pybullet.getJointInfo(self.body, i, self.world.client) for i in range(count))
        return {info[1].decode(): info[0] for info in infos}
