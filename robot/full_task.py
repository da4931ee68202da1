"""The contract of the full grasp: the policy chooses where, how turned, and when to close."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from robot.command import ArmState, JointCommand, Vector
from robot.errors import UnreachableError
from robot.model import ArmModel
from robot.pose import jaw_yaw, quarter_turn
from robot.stall import StallWatch
from robot.tool_task import Block, Observation, ToolTask, clipped

Pose = tuple[float, float, float, float]
"""x, y, z of the tool [m] and the heading of its jaws [rad], base frame."""

_PACE = 0.95  # share of the velocity limit that targets are slowed to where joints reach it
_SLOWED = 4  # times at most: joints do not move in proportion to the tool
_BISECTIONS = 7  # narrow a step of 1 cm to 0.1 mm
_STEADILY = -0.9  # an action that closes the jaws about as fast as can be
_TRIES = 50  # poses drawn, of which most are in reach
_NEAR, _CLOSE, _FUNNEL = 0.5, 0.004, 0.7  # share; deviation [m] at the block, and for each metre up
_HELD = 0.0015  # [m] a command no wider than this beyond the measured opening still holds


@dataclass(frozen=True, slots=True)
class FullTaskConfig:
    """The full grasp; times in control periods unless a unit is given."""

    steps: int = 150
    """Steps after which an episode is cut."""
    period: float = 0.05
    """Control period [s]; a hobby servo board takes 20 commands a second."""
    step_size: float = 0.01
    """How far one full action moves the tool target along x, y or z [m]."""
    turn_step: float = math.radians(6)
    """How far one full action turns the jaws' target [rad]."""
    leash: float = 0.03
    """How far the tool target may run ahead of the measured tool along x, y or z [m]."""
    turn_leash: float = math.radians(30)
    """How far the jaws' target may be turned ahead of the measured jaws [rad]."""
    margin: float = 0.02
    """How far the tool target may leave the spawn area [m]."""
    start_turn: float = math.radians(-17)
    """How the jaws are turned from the direction in which the tool leans when an episode starts,
    and from where the nearest of a block's sides is grasped [rad]. Of jaws that lean one is lower;
    simulated ones grasp more surely where it is the one without the motor."""
    turn_range: tuple[float, float] = (math.radians(-75), math.radians(35))
    """How far the jaws may turn from the direction in which the tool leans [rad]: 45° and more
    around ``start_turn``, since a cube looks alike after a quarter turn."""
    block_size: float = 0.03
    """Edge of the block [m]."""
    narrowest_block: float = 0.026
    """Edge of the narrowest block there may be [m]: the jaws close onto that one."""
    widest_block: float = 0.038
    """Edge of the widest block there may be [m]: jaws that are wider apart hold none."""
    clearance: float = 0.008
    """How much higher than usual the tool grasps [m]: of turned jaws that lean, one is lower."""
    travel_steps: int = 20
    """Steps in which a full action closes the jaws; faster ones turn the block out of them."""
    close_steps: int = 30
    """Steps of closing after which the jaws ease to what they hold, so that no servo stalls."""
    tighter: float = 0.0
    """How much further than they measure jaws that hold are told to close [m]."""
    stall_share: float = 0.0
    """Share of the speed at which jaws are closed below which a block stops them: from then on they
    hold it. 0: never, they close until ``close_steps`` are over."""
    hold_steps: int = 11
    """Control periods the block must stay lifted, first to last 0.5 s apart."""
    rising: float = 0.045
    """How far the tool rises with closed jaws until a real arm, which cannot see that the block
    is up, is taken to lift it [m]."""
    risen: float = 0.06
    """How far it has risen when what it lifted is judged [m]."""
    rise_steps: int = 4
    """Control periods of the rest of that way."""
    lift_steps: int = 16
    """Control periods of a way straight up or down, when what is held is laid back."""


class FullGraspTask(ToolTask):
    """Full grasp: the policy moves and turns the tool, closes the jaws, and lifts.

    It observes 14 numbers. Lengths: the block relative to the tool, the tool relative to the
    middle of the area at grasp height, the lead of the tool target over the tool. Turns, in units
    of 45°: the block from the jaws by quarter turns, the jaws from the direction in which the tool
    leans, their lead. Then the measured opening, 0 closed and 1 open, and how far closing has
    gone, 0 to 1. The block's turn is one number that jumps only where both ways round are equally
    far, as the best action does; its sine and cosine would make a network learn that jump.

    Its action [5] moves the tool target in x, y and z, turns it counter-clockwise seen from above,
    and opens the jaws, or closes them if negative. Targets stay within the workspace, reach, and
    a leash from what is measured, so that the loop stays closed however the servos lag, and move no
    faster than joints can follow.
    Call ``reset`` at the start of every episode.
    """

    action_size = 5
    block_names: tuple[str, ...] = ("block_x", "block_y", "block_z", "block_yaw")
    proprioception_names: tuple[str, ...] = (
        "tool_x", "tool_y", "tool_z", "tool_yaw",
        "lead_x", "lead_y", "lead_z", "lead_yaw",
        "opening", "closing",
    )  # fmt: skip
    observation_names: tuple[str, ...] = block_names + proprioception_names
    turn_scale = math.radians(45)
    """Turn that reads as 1 in an observation [rad]."""

    def __init__(self, model: ArmModel, config: FullTaskConfig | None = None) -> None:
        """Prepare the task for ``model``; its grasp zone says where and how the tool leans."""
        self.config: FullTaskConfig = config or FullTaskConfig()
        super().__init__(model, self.config.block_size, self.config.clearance, self.config.margin)
        x, y = model.grasp.area_centre
        home = (x, y, self._start_height, math.atan2(y, x) + self.config.start_turn)
        self._start = self._solve(*home, model.home)
        self._closing, self.step = 0.0, 0
        self._most = model.max_velocity * self.config.period
        self._measured: ArmState | None = None
        travel = model.gripper.max_opening - self.closed
        self._stall = StallWatch(travel / self.config.travel_steps, self.config.stall_share)
        self._begin(home, self._start)

    @property
    def start_command(self) -> JointCommand:
        """Return where every episode starts: above the middle of the area, jaws open."""
        return JointCommand(self._start, self.model.gripper.max_opening)

    @property
    def closing(self) -> float:
        """Return how far the jaws were told to close: 0 open, 1 holding what they hold."""
        return self._closing / self.config.close_steps

    @property
    def closed(self) -> float:
        """Return the opening that the jaws are told to close to [m]."""
        return self.config.narrowest_block - self.model.gripper.squeeze

    @property
    def shut(self) -> bool:
        """Return whether the jaws were told to close so far that they hold whatever is there."""
        return self.opening(self.closing) <= self.config.narrowest_block

    @property
    def finished(self) -> bool:
        """Return whether the tool rises with closed jaws, or no steps are left."""
        return self._rises or self.step >= self.config.steps

    @property
    def finale_steps(self) -> int:
        """Return how many commands ``finale`` yields."""
        return self.config.rise_steps + self.config.hold_steps

    def opening(self, closing: float) -> float:
        """Return the opening [m] that jaws on their way to ``closing`` were told."""
        share = min(1.0, closing * self.config.close_steps / self.config.travel_steps)
        widest = self.model.gripper.max_opening
        return widest + share * (self.closed - widest)

    def anywhere(self, block: Block, random: np.random.Generator) -> Vector:
        """Return joint positions with the tool anywhere in its workspace, as often near ``block``.

        Low poses are as frequent as high ones, and those near a block the nearer the lower, as on
        the way to it.
        """
        config = self.config
        for _ in range(_TRIES):
            z = float(random.uniform(self.grasp_height, self._start_height))
            x, y = random.uniform(self._low, self._high).tolist()
            if random.random() < _NEAR:
                near_x, near_y, grasp_z, _ = self.grasp_pose(block)
                x, y = random.normal((near_x, near_y), max(_CLOSE, _FUNNEL * (z - grasp_z)))
                x, y = np.clip((x, y), self._low, self._high).tolist()
            yaw = math.atan2(y, x) + float(random.uniform(*config.turn_range))
            try:
                return self._solve(x, y, z, yaw, self._start)
            except UnreachableError:
                continue
        return self._start

    def reset(self, state: ArmState) -> None:
        """Begin an episode with the tool where ``state`` measured it."""
        self._begin(self._tool(state), state.positions)

    def grasp_pose(self, block: Block) -> Pose:
        """Return where the tool grasps ``block``, its jaws turned by least from ``start_turn``.

        The tool stays above the block by the clearance, and behind it by as much as it leans, so
        that the block is in line with the fingers.
        """
        x, y, z = block.position.tolist()
        above = self.grasp_height - self.block_height
        height = max(self.grasp_height, z + above)
        lean = math.pi - self.model.grasp.tilt(x, y, height)
        away = 1.0 - (height - z) * math.tan(lean) / math.hypot(x, y)
        straight = math.atan2(y, x) + self.config.start_turn
        return x * away, y * away, height, straight + quarter_turn(block.yaw - straight)

    def offset(self, state: ArmState, block: Block) -> Pose:
        """Return the way from the measured tool to ``grasp_pose``: x, y, z [m], turn [rad]."""
        x, y, z, yaw = self._tool(state)
        to_x, to_y, to_z, to_yaw = self.grasp_pose(block)
        return to_x - x, to_y - y, to_z - z, to_yaw - yaw

    def command(self, action: Vector | Observation, state: ArmState) -> JointCommand:
        """Return the joint command for ``action`` [5] in [-1, 1] and take one step.

        Raises CommandRefusedError if the action is not five finite numbers.
        """
        *moves, opening = (min(1.0, max(-1.0, value)) for value in self._checked(action))
        tool = self._tool(state)
        self._move_to(self._led(moves, tool))
        self.step += 1
        self._rises = self.shut and tool[2] >= self.grasp_height + self.config.rising
        self._closing = min(self.config.close_steps, max(0.0, self._closing - opening))
        if self._stopped(opening, state.gripper):
            self._closing = self.config.close_steps
        self._gripper = self._jaws(state)
        return JointCommand(self._q, self._gripper)

    def action_towards(self, command: JointCommand, state: ArmState) -> Observation:
        """Return the action [5] in [-1, 1] that comes nearest to giving ``command``, float32."""
        wanted = self._pose(command.positions)
        moves = [
            (a - b) / step for a, b, step in zip(wanted, self._target, self._steps(), strict=True)
        ]
        return clipped([*moves, self._opening_towards(command.gripper, state.gripper)])

    def finale(self, state: Callable[[], ArmState]) -> Iterator[tuple[str, JointCommand]]:
        """Yield ``lift`` or ``hold`` and a command, one a control period.

        What rises is lifted to where it is judged, in jaws that close to the end, neither of which
        a policy's last action need have meant.
        """
        x, y, z, yaw = self._target
        if self._rises:
            z = max(z, self.grasp_height + self.config.risen)
            self._gripper = self.closed if self._held is None else self._held
        for step in range(self.finale_steps):
            self._move_to((x, y, z, yaw))
            phase = "lift" if step < self.config.rise_steps else "hold"
            yield phase, JointCommand(self._q, self._gripper)

    @property
    def _height(self) -> float:
        return self._target[2]

    def _straight(self, z: float, gripper: float | None) -> JointCommand:
        x, y, _, yaw = self._target
        self._move_to((x, y, z, yaw))
        self._gripper = self._gripper if gripper is None else gripper
        return JointCommand(self._q, self._gripper)

    def _block_values(self, state: ArmState, block: Block) -> tuple[float, ...]:
        x, y, z, yaw = self._tool(state)
        bx, by, bz = block.position.tolist()
        scale = 1.0 / self.length_scale
        turn = (self.grasp_pose(block)[3] - yaw) / self.turn_scale
        return (bx - x) * scale, (by - y) * scale, (bz - z) * scale, turn

    def _own_values(self, state: ArmState) -> tuple[float, ...]:
        x, y, z, yaw = self._tool(state)
        to_x, to_y, to_z, to_yaw = self._target
        cx, cy, cz = self.centre
        scale, turns = 1.0 / self.length_scale, 1.0 / self.turn_scale
        return (
            (x - cx) * scale, (y - cy) * scale, (z - cz) * scale,
            (yaw - math.atan2(y, x)) * turns,
            (to_x - x) * scale, (to_y - y) * scale, (to_z - z) * scale,
            (to_yaw - yaw) * turns,
            state.gripper / self.model.gripper.max_opening,
            self.closing,
        )  # fmt: skip

    def _begin(self, target: Pose, q: Vector) -> None:
        self._target, self._q = target, q
        self._closing, self._rises, self.step = 0.0, False, 0
        self._stall.reset()
        self._held: float | None = None
        self._gripper = self.model.gripper.max_opening

    def _tool(self, state: ArmState) -> Pose:
        # The same measurement is looked at by the observation and then by the command.
        if state is not self._measured:
            self._measured = state
            self._measured_tool = self._pose(state.positions)
        return self._measured_tool

    def _pose(self, positions: Vector) -> Pose:
        T = self.model.kinematics.forward(positions)
        return float(T[0, 3]), float(T[1, 3]), float(T[2, 3]), jaw_yaw(T)

    def _steps(self) -> Pose:
        step = self.config.step_size
        return step, step, step, self.config.turn_step

    def _led(self, moves: list[float], tool: Pose) -> Pose:
        """Return the target moved by ``moves`` [4], within leash and workspace."""
        leash = self.config.leash
        leashes = (leash, leash, leash, self.config.turn_leash)
        x, y, z, yaw = (
            min(here + most, max(here - most, target + step * move))
            for target, step, move, here, most in zip(
                self._target, self._steps(), moves, tool, leashes, strict=True
            )
        )
        x = min(self._high[0], max(self._low[0], x))
        y = min(self._high[1], max(self._low[1], y))
        z = min(self._start_height, max(self.grasp_height, z))
        least, most = self.config.turn_range
        heading = math.atan2(y, x)
        return x, y, z, min(heading + most, max(heading + least, yaw))

    def _move_to(self, target: Pose) -> None:
        """Take ``target``, or as much of the way to it as is in reach and joints can follow."""
        try:
            q = self._solve(*target, self._q)
            for _ in range(_SLOWED):
                haste = float((np.abs(q - self._q) / self._most).max())
                if haste <= 1.0:
                    break
                target = _between(self._target, target, _PACE / haste)
                q = self._solve(*target, self._q)
        except UnreachableError:
            self._approach(target)
        else:
            self._q, self._target = q, target

    def _approach(self, target: Pose) -> None:
        """Take the last pose in reach on the way to ``target``."""
        here, part, width = self._target, 0.0, 0.5
        for _ in range(_BISECTIONS):
            pose = _between(here, target, part + width)
            try:
                self._q = self._solve(*pose, self._q)
            except UnreachableError:
                pass
            else:
                part, self._target = part + width, pose
            width *= 0.5

    def _jaws(self, state: ArmState) -> float:
        """Return the opening to command: on its way to closed, or what they hold once there."""
        if self._closing < self.config.close_steps:
            self._held = None
            return self.opening(self.closing)
        if self._held is None:
            # What stalled jaws measure already has their squeeze in it: they have bent that far.
            self._held = max(self.closed, state.gripper - self.config.tighter)
        return self._held

    def _stopped(self, opening: float, measured: float) -> bool:
        """Return whether a block stops the jaws that an action closes."""
        if not self.config.stall_share:
            return False
        if opening > _STEADILY:
            self._stall.reset()
            return False
        return self._stall.stopped(measured) and measured < self.config.widest_block

    def _opening_towards(self, wanted: float, measured: float) -> float:
        """Return the action that brings the jaws nearest to the opening ``wanted`` [m]."""
        if self._closing >= self.config.travel_steps and wanted <= measured + _HELD:
            return -1.0
        travel = self.model.gripper.max_opening - self.closed
        return self.config.travel_steps * (wanted - self._gripper) / travel


def _between(a: Pose, b: Pose, part: float) -> Pose:
    x, y, z, yaw = (one + part * (other - one) for one, other in zip(a, b, strict=True))
    return x, y, z, yaw
