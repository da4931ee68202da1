"""The contract between a grasp policy and an arm: what it sees and what its actions mean.

Pure numpy and used unchanged by the simulated environment and by ``deploy`` on any arm: what
was trained is what is deployed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from robot.command import ArmState, JointCommand, Vector
from robot.model import ArmModel
from robot.tool_task import Block, Observation, ToolTask, clipped

__all__ = ["Block", "GraspTask", "GraspTaskConfig", "Observation"]


@dataclass(frozen=True, slots=True)
class GraspTaskConfig:
    """The guided grasp; times in control periods unless a unit is given."""

    steps: int = 100
    """Steps the policy decides before the jaws close."""
    period: float = 0.05
    """Control period [s]; a hobby servo board takes 20 commands a second."""
    step_size: float = 0.01
    """How far one full action moves the tool target along x or y [m]."""
    leash: float = 0.03
    """How far the tool target may run ahead of the measured tool along x or y [m]."""
    margin: float = 0.02
    """How far the tool target may leave the spawn area [m]."""
    descent_steps: int = 80
    """Steps over which the tool is lowered from the approach to the grasp height."""
    block_size: float = 0.03
    """Edge of the block [m]."""
    narrowest_block: float | None = None
    """Edge of the narrowest block there may be [m], if its size is unknown: the jaws close onto
    that one, then ease to what they hold, so that no servo stalls on a wider one."""
    clearance: float = 0.0
    """How much higher than usual the tool grasps [m], where heights are not known exactly."""
    close_steps: int = 12
    """Control periods given to the jaws to close."""
    lift_steps: int = 16
    """Control periods of the lift."""
    settle_steps: int = 0
    """Control periods a lagging arm is given to come up before the hold is judged."""
    hold_steps: int = 11
    """Control periods the block must stay held after the lift, first to last 0.5 s apart."""


class GraspTask(ToolTask):
    """Guided grasp: the policy steers the tool in x and y while it is lowered onto the block.

    After ``config.steps`` commands the jaws close and the tool lifts, in ``finale``.
    Call ``reset`` at the start of every episode.

    It observes 10 numbers: the block relative to the tool, the tool relative to the middle of the
    area, the lead of the tool target over the tool; the opening, 0 closed and 1 open; the time
    left, which falls from 1 to 0. Its action [2] moves the tool target in x and y.
    """

    action_size = 2
    block_names = ("block_x", "block_y", "block_z")
    proprioception_names = (
        "tool_x", "tool_y", "tool_z",
        "lead_x", "lead_y",
        "opening", "time_left",
    )  # fmt: skip
    observation_names = block_names + proprioception_names

    def __init__(self, model: ArmModel, config: GraspTaskConfig | None = None) -> None:
        """Prepare the task for ``model``; its grasp zone says where and how the tool leans."""
        self.config: GraspTaskConfig = config or GraspTaskConfig()
        super().__init__(model, self.config.block_size, self.config.clearance, self.config.margin)
        zone = model.grasp
        self._start = self._solve(*zone.area_centre, self._start_height, 0.0, model.home)
        self._x, self._y = zone.area_centre
        self._measured: ArmState | None = None
        self._begin(*zone.area_centre)

    @property
    def start_command(self) -> JointCommand:
        """Return where every episode starts: above the middle of the area, jaws open."""
        return JointCommand(self._start, self.model.gripper.max_opening)

    @property
    def finished(self) -> bool:
        """Return whether all steps were taken and only ``finale`` is left."""
        return self.step >= self.config.steps

    @property
    def closed(self) -> float:
        """Return the opening that the jaws are told to close to [m]."""
        config, narrowest = self.config, self.config.narrowest_block
        size = config.block_size if narrowest is None else narrowest
        return size - self.model.gripper.squeeze

    @property
    def finale_steps(self) -> int:
        """Return how many commands ``finale`` yields."""
        config = self.config
        return config.close_steps + config.lift_steps + config.settle_steps + config.hold_steps

    def reset(self, state: ArmState) -> None:
        """Begin an episode with the tool where ``state`` measured it."""
        x, y, _ = self._tool(state)
        self._begin(x, y)

    def command(self, action: Vector | Observation, state: ArmState) -> JointCommand:
        """Return the joint command for ``action`` [2] in [-1, 1] and take one step.

        The action moves the tool target in x and y; the target never runs further ahead of
        the measured tool than the leash, so the loop stays closed however the servos lag.
        Raises CommandRefusedError if the action is not two finite numbers.
        """
        dx, dy = self._checked(action)
        x, y, _ = self._tool(state)
        self._x = self._advance(self._x, dx, x, 0)
        self._y = self._advance(self._y, dy, y, 1)
        self.step += 1
        lowered = min(1.0, self.step / self.config.descent_steps)
        z = self._start_height + (self.grasp_height - self._start_height) * lowered
        return self._move(z, self.model.gripper.max_opening)

    def action_towards(self, command: JointCommand, state: ArmState) -> Observation:
        """Return the action [2] in [-1, 1] that comes nearest to giving ``command``, float32."""
        x, y, _ = self.model.kinematics.tool_position(command.positions)
        step = self.config.step_size
        return clipped([(x - self._x) / step, (y - self._y) / step])

    def finale(self, state: Callable[[], ArmState]) -> Iterator[tuple[str, JointCommand]]:
        """Yield ``close``, ``lift`` or ``hold`` and a command, one a control period.

        state: measures the arm; asked only where the block's size is unknown. The block counts
        as grasped if it is up during every period of the hold.
        """
        config, closed = self.config, self.closed
        narrowest = config.narrowest_block
        for _ in range(config.close_steps):
            yield "close", JointCommand(self._q, closed)
        # What stalled jaws measure already has their squeeze in it: they have bent that far.
        grip = closed if narrowest is None else max(closed, state().gripper)
        for i in range(config.lift_steps):
            rise = self.model.grasp.lift_height * (i + 1) / config.lift_steps
            yield "lift", self._move(self.grasp_height + rise, grip)
        for _ in range(config.settle_steps):
            yield "lift", JointCommand(self._q, grip)
        for _ in range(config.hold_steps):
            yield "hold", JointCommand(self._q, grip)

    @property
    def _height(self) -> float:
        return self._z

    def _straight(self, z: float, gripper: float | None) -> JointCommand:
        return self._move(z, self._gripper if gripper is None else gripper)

    def _block_values(self, state: ArmState, block: Block) -> tuple[float, ...]:
        x, y, z = self._tool(state)
        bx, by, bz = block.position.tolist()
        scale = 1.0 / self.length_scale
        return (bx - x) * scale, (by - y) * scale, (bz - z) * scale

    def _own_values(self, state: ArmState) -> tuple[float, ...]:
        x, y, z = self._tool(state)
        cx, cy, cz = self.centre
        scale = 1.0 / self.length_scale
        return (
            (x - cx) * scale, (y - cy) * scale, (z - cz) * scale,
            (self._x - x) * scale, (self._y - y) * scale,
            state.gripper / self.model.gripper.max_opening,
            1.0 - self.step / self.config.steps,
        )  # fmt: skip

    def _begin(self, x: float, y: float) -> None:
        self.step = 0
        self._x, self._y, self._z = x, y, self._start_height
        self._gripper = self.model.gripper.max_opening
        self._q = self._start

    def _tool(self, state: ArmState) -> tuple[float, float, float]:
        # The same measurement is looked at by the observation and then by the command.
        if state is not self._measured:
            self._measured = state
            self._measured_tool = self.model.kinematics.tool_position(state.positions)
        return self._measured_tool

    def _advance(self, target: float, action: float, measured: float, axis: int) -> float:
        target += self.config.step_size * min(1.0, max(-1.0, action))
        leash = self.config.leash
        target = min(measured + leash, max(measured - leash, target))
        return min(self._high[axis], max(self._low[axis], target))

    def _move(self, z: float, gripper: float) -> JointCommand:
        self._q, self._z = self._solve(self._x, self._y, z, 0.0, self._q), z
        self._gripper = gripper
        return JointCommand(self._q, gripper)
