"""The grasp task as a Gymnasium environment with a state observation."""

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from robot.errors import UnknownNameError
from robot.model import load_arm
from robot.task import GraspTask, GraspTaskConfig
from sim.grasp_scene import GraspScene
from sim.reward import RewardScales, grasp_reward
from sim.servos import Servos
from sim.world import TIMESTEP

SETTLE_STEPS = 48  # gravity and servos come to rest before the state that episodes start from

Array = NDArray[np.float32]
Info = dict[str, Any]


class GraspEnv(gymnasium.Env[Array, Array]):
    """Steer the tool over a block while it is lowered; on the last step the jaws close and lift.

    Observation: float32 [10], see ``GraspTask.observation``. Action: float32 [2] in [-1, 1],
    the tool target's step in x and y. The episode terminates with the grasp, after
    ``config.steps`` steps: the time left is observed, so the end belongs to the task.
    ``info["is_success"]`` is true when the block was lifted by 5 cm and still held 0.5 s later.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 20}  # noqa: RUF012

    def __init__(
        self,
        arm: str = "dofbot",
        render_mode: str | None = None,
        config: GraspTaskConfig | None = None,
        scales: RewardScales | None = None,
        servos: Servos | None = None,
        window: bool = False,
    ) -> None:
        """Build the scene for ``arm``, in a ``window`` if asked. Raises RobotError."""
        self.render_mode = render_mode
        model = load_arm(arm)
        self.task = GraspTask(model, config)
        self.scene = GraspScene(model, self.task.config, servos, window=window)
        self.scales = scales or RewardScales()
        self.on_period: Callable[[], None] | None = None
        self._world, self._arm = self.scene.world, self.scene.arm
        self._substeps = round(self.task.config.period / TIMESTEP)
        self._initial = self._settle()
        bound, size = GraspTask.observation_bound, len(GraspTask.observation_names)
        self.observation_space = gymnasium.spaces.Box(-bound, bound, (size,), np.float32)
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, (GraspTask.action_size,), np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, Info]:
        """Start an episode with the block somewhere in the spawn area.

        options: ``{"block": (x, y)}`` puts the block there instead [m, base frame].
        The same seed gives the same episode, bit for bit, whatever was simulated before.
        Raises UnknownNameError for another option.
        """
        super().reset(seed=seed)
        self._world.restore(self._initial)
        self._arm.forget_measurement()
        place = self._place(options or {})
        self.scene.place_block(*place)
        state = self._arm.state()
        self.task.reset(state)
        return self.task.observation(state, self.scene.block()), {"block": place}

    def step(self, action: Array) -> tuple[Array, float, bool, bool, Info]:
        """Take one control period; the last step also closes, lifts, and judges."""
        self._arm.command(self.task.command(action, self._arm.state()))
        self._advance()
        success = self._grasp() if self.task.finished else None
        observation = self.task.observation(self._arm.state(), self.scene.block())
        terms = grasp_reward(observation, success)
        reward = self.scales.total(terms)
        if success is None:
            return observation, reward, False, False, {"reward_terms": terms}
        return observation, reward, True, False, {"reward_terms": terms, "is_success": success}

    def render(self) -> NDArray[np.uint8] | None:
        """Return an RGB picture [480, 640, 3] in render mode ``rgb_array``, else None."""
        from sim.render import picture

        return picture(self._world) if self.render_mode == "rgb_array" else None

    def close(self) -> None:
        """Free the physics client; safe to call twice."""
        self.scene.close()

    def _settle(self) -> int:
        start = self.task.start_command
        self._arm.connect()
        self._arm.teleport(start.positions, start.gripper)
        self._world.step(SETTLE_STEPS)
        return self._world.save()

    def _place(self, options: dict[str, Any]) -> tuple[float, float]:
        for name in options:
            if name != "block":
                raise UnknownNameError("reset option", name, ["block"])
        if "block" not in options:
            return self.task.model.grasp.draw_place(self.np_random)
        x, y = options["block"]
        return float(x), float(y)

    def _advance(self) -> None:
        """Let one control period pass; ``on_period``, if set, films or watches it."""
        self._world.step(self._substeps)
        if self.on_period is not None:
            self.on_period()

    def _grasp(self) -> bool:
        """Close, lift, hold; return whether the block was up all through the hold."""
        held = True
        for phase, command in self.task.finale():
            self._arm.command(command)
            self._advance()
            held = held and (phase != "hold" or self.scene.lifted())
        return held
