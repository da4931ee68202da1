"""The grasp tasks as a Gymnasium environment with a state observation."""

import math
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from robot.errors import RobotError, UnknownNameError
from robot.full_task import FullGraspTask
from robot.model import load_arm
from sim.conditions import NOMINAL, Conditions
from sim.grasp_tasks import Config, make_rules, make_scene, make_task
from sim.identified import find_randomization
from sim.randomization import RANDOMIZATIONS, Randomization
from sim.reward import Scales
from sim.spawn import LEVELS, draw_level, draw_place
from sim.world import TIMESTEP, Pace

SETTLE_STEPS = 48  # gravity and servos come to rest before the state that episodes start from

Array = NDArray[np.float32]
Info = dict[str, Any]


class GraspEnv(gymnasium.Env[Any, Array]):
    """Grasp a block that lies somewhere, and lift it.

    Guided: the policy steers the tool in x and y while it is lowered over an unturned block; on
    the last step the jaws close and lift. See ``GraspTask`` and ``GuidedRules``.
    Full: the policy moves and turns the tool, closes the jaws around a block that lies turned, and
    lifts. See ``FullGraspTask`` and ``FullRules``.
    Place: as in the full grasp, but the block is put on a target. See ``PlaceTask`` and
    ``PlaceRules``.

    Observation: float32 [o]; action: float32 [a] in [-1, 1]; both are the task's.
    ``info["is_success"]`` is true when the block was lifted by 5 cm and still held 0.5 s later, or
    put on its target and still there 0.5 s later.

    Subclasses that see otherwise override ``_space``, ``_prepare``, ``_observe`` and
    ``_privileged``.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 20}  # noqa: RUF012
    curriculum_levels = LEVELS

    def __init__(
        self,
        arm: str = "dofbot",
        render_mode: str | None = None,
        config: Config | None = None,
        scales: str | Scales = "default",
        randomization: str | Randomization = "off",
        window: bool = False,
        approach: Pace | None = None,
        grip: Pace | None = None,
        task: str = "guided",
        clutter: str | None = None,
    ) -> None:
        """Build the scene for ``arm``, in a ``window`` if asked. Raises RobotError.

        randomization: what conditions vary from episode to episode, its name, or a servo file.
        config: of the task; by default of the guided one ``ROBUST_TASK`` if anything varies.
        scales: what each term of the reward is worth, or the name of such a table.
        approach, grip: pace of the simulation until the jaws close, and from then on.
        task: ``guided``, ``full`` or ``place``.
        clutter: for the full task, ``train``, ``validation`` or ``test``: instead of a block, 1 to
            5 objects of this split lie there, and any one is to be lifted.
        """
        self.render_mode = render_mode
        model = load_arm(arm)
        self.randomization = find_randomization(randomization, model)
        varies = self.randomization != RANDOMIZATIONS["off"]
        self.task = make_task(task, model, config, varies, clutter is not None)
        self.scene = make_scene(model, clutter, window=window)
        paces = approach, grip
        self._rules = make_rules(self.task, self.scene, self._advance, scales, paces)
        self.on_period: Callable[[], None] | None = None
        self._world, self._arm = self.scene.world, self.scene.arm
        self._substeps = round(self.task.config.period / TIMESTEP)
        self._initial = self._settle()
        self.observation_space = self._space()
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, (self.task.action_size,), np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, Info]:
        """Start an episode with the block somewhere in the spawn area, in drawn conditions.

        options: ``{"block": (x, y)}`` puts the block there instead [m, base frame], and
        ``(x, y, yaw)`` also turns it [rad], which without these the guided task does not;
        ``{"target": (x, y)}`` is where it is to be put, in the task ``place``;
        ``{"objects": [(number, x, y, yaw), ...]}`` are what lies there in clutter, of which
        ``block`` places the first;
        ``{"conditions": {...}}`` sets these conditions instead, the others nominal;
        ``{"glimpse": n}`` begins with the tool anywhere, and cuts the episode after n steps;
        ``{"level": k}`` takes the spawn area of curriculum level k, or of an earlier one.
        ``info`` tells ``block``, ``target`` or ``objects`` if there are, ``level`` and
        ``conditions``. The same seed and options give the same episode, bit for bit, whatever was
        simulated before.
        Raises UnknownNameError for another option, RobotError for what no option can be.
        """
        super().reset(seed=seed)
        info, conditions = self._draw(options or {})
        self._restore(conditions)
        self.scene.place_block(*info["block"])
        self.task.reset(self._arm.state())
        self._rules.begin()
        self._left = self._glimpse(options or {})
        self._prepare(conditions)
        self._level = info["level"]
        return self._observe(), info | self._privileged()

    def step(self, action: Array) -> tuple[Any, float, bool, bool, Info]:
        """Take one control period; what else a step is, and how it ends, is the task's.

        ``info`` holds the unscaled ``reward_terms``; at the end ``is_success`` and the ``level``
        and ``conditions`` of the episode too, and in clutter which object was ``lifted``.
        """
        verdict = self._rules.step(action)
        if self._left == 1:
            verdict = verdict.cut()
        self._left = max(0, self._left - 1)
        observation = self._observe()
        info: Info = {"reward_terms": verdict.terms} | self._privileged()
        over = verdict.success is not None
        if over:
            conditions = self.scene.conditions.to_info()
            info |= {"is_success": verdict.success, "level": self._level, "conditions": conditions}
            info |= self._rules.outcome()
        terminated = over and not verdict.truncated
        return observation, verdict.reward, terminated, verdict.truncated, info

    def render(self) -> NDArray[np.uint8] | None:
        """Return an RGB picture [480, 640, 3] in render mode ``rgb_array``, else None."""
        from sim.render import picture

        return picture(self._world) if self.render_mode == "rgb_array" else None

    def close(self) -> None:
        """Free the physics client; safe to call twice."""
        self.scene.close()

    def _space(self) -> gymnasium.Space[Any]:
        """Return the observation space."""
        bound, size = self.task.observation_bound, len(self.task.observation_names)
        return gymnasium.spaces.Box(-bound, bound, (size,), np.float32)

    def _prepare(self, conditions: Conditions) -> None:
        """Make ready for an episode in ``conditions``: the scene is in place, nothing was seen."""

    def _observe(self) -> Any:
        """Return what the policy sees now."""
        return self.task.observation(self._arm.state(), self.scene.block())

    def _privileged(self) -> Info:
        """Return what ``info`` tells beside the observation, for training alone."""
        return {}

    def _settle(self) -> int:
        start = self.task.start_command
        self._arm.connect()
        self._arm.teleport(start.positions, start.gripper)
        self._world.step(SETTLE_STEPS)
        return self._world.save()

    def _draw(self, options: dict[str, Any]) -> tuple[Info, Conditions]:
        names = ("block", "conditions", "glimpse", "level", *self._rules.option_names)
        for name in options:
            if name not in names:
                raise UnknownNameError("reset option", name, names)
        model, random = self.task.model, self.np_random
        level = draw_level(options["level"], random) if "level" in options else LEVELS - 1
        place = _place(options) if "block" in options else self._draw_block(level, options)
        if "conditions" in options:
            conditions = Conditions.from_info(options["conditions"])
        else:
            conditions = self.randomization.draw(random, model.n)
        info = {"block": place, "level": level, "conditions": conditions.to_info()}
        return info | self._rules.draw(place, options, random), conditions

    def _draw_block(self, level: int, options: dict[str, Any]) -> tuple[float, ...]:
        """Return a random place in the spawn area of ``level`` that fits ``options``."""
        zone, random = self.task.model.grasp, self.np_random
        while True:
            place = draw_place(zone, level, random) + self._rules.draw_turn(random)
            if self._rules.fits(place, options):
                return place

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

    def _glimpse(self, options: dict[str, Any]) -> int:
        """Take the tool anywhere if asked to; return after how many steps to cut, 0 for never."""
        steps = options.get("glimpse", 0)
        if not steps:
            return 0
        if not isinstance(self.task, FullGraspTask) or not isinstance(steps, int) or steps < 0:
            raise RobotError(
                f"reset option glimpse {steps!r} is no number of steps of a task that closes its"
                " jaws itself"
            )
        positions = self.task.anywhere(self.scene.block(), self.np_random)
        self._arm.teleport(positions, self.task.start_command.gripper)
        self.task.reset(self._arm.state())
        return steps

    def _advance(self) -> None:
        """Let one control period pass; ``on_period``, if set, films or watches it."""
        self._arm.step(self._substeps)
        if self.on_period is not None:
            self.on_period()


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
