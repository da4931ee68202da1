"""An arm in a simulated world: position servos with limited speed and torque."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from robot.arm import Arm
from robot.command import ArmState, JointCommand, Vector
from robot.errors import ArmError
from robot.limits import SafetyLimits
from robot.model import ArmModel
from sim.bullet import pybullet
from sim.jaws import tie_mimic_joints
from sim.world import TIMESTEP, World

_CATCH_UP = 0.25  # [s] of simulation at most in one call, so that a paused program does not race


@dataclass(frozen=True, slots=True)
class Servos:
    """How the simulated servos follow a command."""

    speed: float = 1.0
    """Greatest speed as a share of the model's velocity limit."""
    gain: float = 0.15
    """Share of the position error closed in one physics step."""


class SimArm(Arm):
    """An ``Arm`` in a PyBullet ``World``.

    Time: with ``clock`` None the owner of the world advances it (training, tests). With a
    clock, such as ``time.monotonic``, every ``state`` and ``command`` first lets the world
    catch up with it, so that the simulated arm moves like a real one beside it.
    """

    def __init__(
        self,
        world: World,
        model: ArmModel,
        servos: Servos | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Load ``model`` into ``world`` at its origin, in its home pose."""
        self._model = model
        self.world = world
        self._limits = SafetyLimits(model)
        self._clock = clock
        self._last_tick = 0.0
        self._connected = self._stopped = False
        self.body = world.add_urdf(model.urdf.path)
        self.index = self._joint_indices()
        self._driven = [self.index[name] for name in (*model.joints, model.gripper.joint)]
        self._mimics = tie_mimic_joints(model, self.body, self.index, self.world.client)
        self._add_rotor_inertia()
        servos = servos or Servos()
        self._gain = servos.gain
        self._motors = self._motor_settings(servos)
        self._cap_speeds(servos)
        self._state: ArmState | None = None
        self._state_step = -1
        self.teleport(model.home, model.gripper.max_opening)

    @property
    def model(self) -> ArmModel:
        """Return what this arm is."""
        return self._model

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
        self._set_targets(admitted)
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
        """Put the joints [rad] and the jaws [m] in place at rest, without moving there."""
        crank = self.model.gripper.actuator(gripper)
        for joint, value in zip(self._driven, [*positions.tolist(), crank], strict=True):
            pybullet.resetJointState(self.body, joint, value, physicsClientId=self.world.client)
        for follower, ratio in self._mimics:
            pybullet.resetJointState(
                self.body, follower, ratio * crank, physicsClientId=self.world.client
            )
        self._state = None
        self._set_targets(JointCommand(positions, gripper))

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
        if steps > 0:
            self.world.step(steps)
            self._last_tick = max(self._last_tick, self._clock() - _CATCH_UP) + steps * TIMESTEP

    def _measure(self) -> ArmState:
        if self._state is None or self._state_step != self.world.steps:
            joints = pybullet.getJointStates(self.body, self._driven, self.world.client)
            self._state = ArmState(
                np.array([joint[0] for joint in joints[:-1]]),
                np.array([joint[1] for joint in joints[:-1]]),
                self.model.gripper.opening(joints[-1][0]),
                self.world.time,
            )
            self._state_step = self.world.steps
        return self._state

    def _hold(self) -> None:
        now = self._measure()
        self._set_targets(JointCommand(now.positions, now.gripper))

    def _set_targets(self, command: JointCommand) -> None:
        crank = self.model.gripper.actuator(command.gripper)
        targets = [*command.positions.tolist(), crank]
        # One call a joint: PyBullet's array calls ignore the speed limit.
        for (joint, force, speed), target in zip(self._motors, targets, strict=True):
            pybullet.setJointMotorControl2(
                self.body,
                joint,
                pybullet.POSITION_CONTROL,
                targetPosition=target,
                force=force,
                positionGain=self._gain,
                maxVelocity=speed,
                physicsClientId=self.world.client,
            )

    def _motor_settings(self, servos: Servos) -> list[tuple[int, float, float]]:
        """Return (PyBullet joint, effort [N·m], greatest speed [rad/s]) a motor."""
        model = self.model
        forces = [*model.effort.tolist(), model.urdf.joint(model.gripper.joint).effort]
        speeds = [*model.max_velocity.tolist(), model.gripper.max_velocity]
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
        jaws = [model.gripper.joint, *(j.name for j in model.urdf.joints.values() if j.mimic)]
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
