"""The grasp task as a Gymnasium environment with a state observation."""

import math
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from robot.errors import RobotError, UnknownNameError
from robot.model import load_arm
from robot.task import GraspTask, GraspTaskConfig
from sim.conditions import NOMINAL, Conditions
from sim.grasp_scene import GraspScene
from sim.identified import find_randomization
from sim.randomization import RANDOMIZATIONS, ROBUST_TASK, Randomization
from sim.reward import RewardScales, grasp_reward, named_scales
from sim.spawn import LEVELS, draw_level, draw_place
from sim.world import FINE, TIMESTEP, Pace

SETTLE_STEPS = 48  # gravity and servos come to rest before the state that episodes start from

Array = NDArray[np.float32]
Info = dict[str, Any]


class GraspEnv(gymnasium.Env[Any, Array]):
    """Steer the tool over a block while it is lowered; on the last step the jaws close and lift.

    Observation: float32 [10], see ``GraspTask.observation``. Action: float32 [2] in [-1, 1],
    the tool target's step in x and y. The episode terminates with the grasp, after
    ``config.steps`` steps: the time left is observed, so the end belongs to the task.
    ``info["is_success"]`` is true when the block was lifted by 5 cm and still held 0.5 s later.

    Subclasses that see otherwise override ``_space``, ``_prepare``, ``_observe`` and
    ``_privileged``.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 20}  # noqa: RUF012
    curriculum_levels = LEVELS

    def __init__(
        self,
        arm: str = "dofbot",
        render_mode: str | None = None,
        config: GraspTaskConfig | None = None,
        scales: str | RewardScales = "default",
        randomization: str | Randomization = "off",
        window: bool = False,
        approach: Pace = FINE,
        grip: Pace = FINE,
    ) -> None:
        """Build the scene for ``arm``, in a ``window`` if asked. Raises RobotError.

        randomization: what conditions vary from episode to episode, its name, or a servo file.
        config: by default ``ROBUST_TASK`` if anything varies.
        scales: what each term of the reward is worth, or the name of such a table.
        approach, grip: pace of the simulation until the jaws close, and from then on.
        """
        self.render_mode = render_mode
        self._approach, self._grip = approach, grip
        model = load_arm(arm)
        self.randomization = find_randomization(randomization, model)
        self.task = GraspTask(model, config or self._default_config())
        self.scene = GraspScene(model, window=window)
        self.scales = named_scales(scales)
        self.on_period: Callable[[], None] | None = None
        self._world, self._arm = self.scene.world, self.scene.arm
        self._substeps = round(self.task.config.period / TIMESTEP)
        self._initial = self._settle()
        self.observation_space = self._space()
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, (GraspTask.action_size,), np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, Info]:
        """Start an episode with the block somewhere in the spawn area, in drawn conditions.

        options: ``{"block": (x, y)}`` puts the block there instead [m, base frame], and
        ``(x, y, yaw)`` also turns it [rad];
        ``{"conditions": {...}}`` sets these conditions instead, the others nominal;
        ``{"level": k}`` takes the spawn area of curriculum level k, or of an earlier one.
        ``info`` tells ``block``, ``level`` and ``conditions``. The same seed and options give
        the same episode, bit for bit, whatever was simulated before.
        Raises UnknownNameError for another option, RobotError for what no option can be.
        """
        super().reset(seed=seed)
        info, conditions = self._draw(options or {})
        self._restore(conditions)
        self.scene.place_block(*info["block"])
        self.task.reset(self._arm.state())
        self._arm.set_pace(self._approach)
        self._prepare(conditions)
        self._level = info["level"]
        return self._observe(), info | self._privileged(self._gap())

    def step(self, action: Array) -> tuple[Any, float, bool, bool, Info]:
        """Take one control period; the last step also closes, lifts, and judges.

        ``info`` holds the unscaled ``reward_terms``; at the end ``is_success`` and the ``level``
        and ``conditions`` of the episode too.
        """
        self._arm.command(self.task.command(action, self._arm.state()))
        self._advance()
        success = self._grasp() if self.task.finished else None
        observation, gap = self._observe(), self._gap()
        terms = grasp_reward(gap, success)
        reward = self.scales.total(terms)
        info: Info = {"reward_terms": terms} | self._privileged(gap)
        if success is not None:
            conditions = self.scene.conditions.to_info()
            info |= {"is_success": success, "level": self._level, "conditions": conditions}
        return observation, reward, success is not None, False, info

    def render(self) -> NDArray[np.uint8] | None:
        """Return an RGB picture [480, 640, 3] in render mode ``rgb_array``, else None."""
        from sim.render import picture

        return picture(self._world) if self.render_mode == "rgb_array" else None

    def close(self) -> None:
        """Free the physics client; safe to call twice."""
        self.scene.close()

    def _space(self) -> gymnasium.Space[Any]:
        """Return the observation space."""
        bound, size = GraspTask.observation_bound, len(GraspTask.observation_names)
        return gymnasium.spaces.Box(-bound, bound, (size,), np.float32)

    def _prepare(self, conditions: Conditions) -> None:
        """Make ready for an episode in ``conditions``: the scene is in place, nothing was seen."""

    def _observe(self) -> Any:
        """Return what the policy sees now."""
        return self.task.observation(self._arm.state(), self.scene.block())

    def _privileged(self, gap: Array) -> Info:
        """Return what ``info`` tells beside the observation, for training alone."""
        return {}

    def _gap(self) -> Array:
        """Return the block relative to where the tool really is, float32 [3], in units of 5 cm."""
        return self.task.block_observation(self._arm.true_state(), self.scene.block())

    def _default_config(self) -> GraspTaskConfig:
        nominal = self.randomization == RANDOMIZATIONS["off"]
        return GraspTaskConfig() if nominal else ROBUST_TASK

    def _settle(self) -> int:
        start = self.task.start_command
        self._arm.connect()
        self._arm.teleport(start.positions, start.gripper)
        self._world.step(SETTLE_STEPS)
        return self._world.save()

    def _draw(self, options: dict[str, Any]) -> tuple[Info, Conditions]:
        names = ("block", "conditions", "level")
        for name in options:
            if name not in names:
                raise UnknownNameError("reset option", name, names)
        model, random = self.task.model, self.np_random
        level = draw_level(options["level"], random) if "level" in options else LEVELS - 1
        place = _place(options) if "block" in options else draw_place(model.grasp, level, random)
        if "conditions" in options:
            conditions = Conditions.from_info(options["conditions"])
        else:
            conditions = self.randomization.draw(random, model.n)
        info = {"block": place, "level": level, "conditions": conditions.to_info()}
        return info, conditions

    def _restore(self, conditions: Conditions) -> None:
        """Go back to the start, then make it that of ``conditions``."""
        # The saved state remembers contacts of the nominal block, so it needs that one back.
        self.scene.apply(NOMINAL)
        self._world.restore(self._initial)
        self._arm.forget_measurement()
        self.scene.apply(conditions)
        if conditions.servos != NOMINAL.servos:
            start = self.task.start_command
            self._arm.teleport(start.positions, start.gripper)

    def _advance(self) -> None:
        """Let one control period pass; ``on_period``, if set, films or watches it."""
        self._arm.step(self._substeps)
        if self.on_period is not None:
            self.on_period()

    def _grasp(self) -> bool:
        """Close, lift, hold; return whether the block was up all through the hold."""
        held = True
        self._arm.set_pace(self._grip)
        for phase, command in self.task.finale(self._arm.state):
            self._arm.command(command)
            self._advance()
            held = held and (phase != "hold" or self.scene.lifted())
        return held


def _place(options: dict[str, Any]) -> tuple[float, ...]:
    """Return where ``options`` put the block: x, y and perhaps yaw. Raises RobotError if not."""
    try:
        place = tuple(map(float, options["block"]))
    except (TypeError, ValueError):
        place = ()
    if len(place) not in (2, 3) or not all(map(math.isfinite, place)):
        raise RobotError(
            f"reset option block {options['block']!r} is not x and y [m], nor these and yaw [rad]"
        )
    return place
