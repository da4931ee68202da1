"""The grasp task as a Gymnasium environment with a state observation."""

from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from robot.model import load_arm
from robot.task import Block, GraspTask, GraspTaskConfig
from sim.reward import RewardScales, grasp_reward
from sim.sim_arm import Servos, SimArm
from sim.world import TIMESTEP, World

BLOCK_MASS = 0.020  # [kg] a 30 mm cube of beech
LIFTED = 0.05  # [m] a block this far above where it lay counts as lifted

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
        self.model = load_arm(arm)
        self.render_mode = render_mode
        self.world = World(window)
        self.arm = SimArm(self.world, self.model, servos)
        self.task = GraspTask(self.model, config)
        self.scales = scales or RewardScales()
        self._build_scene()
        self._substeps = round(self.task.config.period / TIMESTEP)
        bound, size = GraspTask.observation_bound, len(GraspTask.observation_names)
        self.observation_space = gymnasium.spaces.Box(-bound, bound, (size,), np.float32)
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, (GraspTask.action_size,), np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, Info]:
        """Start an episode with the block somewhere in the spawn area.

        options: ``{"block": (x, y)}`` puts the block there instead [m, base frame].
        The same seed gives the same episode, bit for bit, whatever was simulated before.
        """
        super().reset(seed=seed)
        self.world.restore(self._initial)
        self.arm.forget_measurement()
        x, y = (options or {}).get("block") or self._draw_block()
        self._rest_height = self.task.block_height
        self.world.place(self.block, (x, y, self._rest_height), 0.0)
        state = self.arm.state()
        self.task.reset(state)
        return self.task.observation(state, self._block()), {"block": (x, y)}

    def step(self, action: Array) -> tuple[Array, float, bool, bool, Info]:
        """Take one control period; the last step also closes, lifts, and judges."""
        self.arm.command(self.task.command(action, self.arm.state()))
        self.advance()
        success = self._grasp() if self.task.finished else None
        state, block = self.arm.state(), self._block()
        observation = self.task.observation(state, block)
        terms = grasp_reward(observation, success)
        reward = self.scales.total(terms)
        if success is None:
            return observation, reward, False, False, {"reward_terms": terms}
        return observation, reward, True, False, {"reward_terms": terms, "is_success": success}

    def advance(self) -> None:
        """Let one control period pass; ``on_period`` sees every one."""
        self.world.step(self._substeps)
        self.on_period()

    def on_period(self) -> None:
        """Do nothing; replaced on an instance to film or watch every control period."""

    def render(self) -> NDArray[np.uint8] | None:
        """Return an RGB picture [480, 640, 3] in mode ``rgb_array``; the window shows itself."""
        from sim.render import picture

        return picture(self.world) if self.render_mode == "rgb_array" else None

    def close(self) -> None:
        """Free the physics client; safe to call twice."""
        self.world.close()

    def _build_scene(self) -> None:
        self.world.add_table(self.model.table_height)
        self.block = self.world.add_block(self.task.config.block_size, BLOCK_MASS)
        self.arm.connect()
        start = self.task.start_command
        self.arm.teleport(start.positions, start.gripper)
        self.world.place(self.block, (*self.model.grasp.area_centre, self.task.block_height), 0.0)
        self.world.step(self.settle_steps)
        self._initial = self.world.save()

    settle_steps = 48  # let gravity and the servos come to rest before the state is kept

    def _draw_block(self) -> tuple[float, float]:
        zone = self.model.grasp
        x, y = (
            self.np_random.uniform(c - s / 2, c + s / 2)
            for c, s in zip(zone.area_centre, zone.area_size, strict=True)
        )
        return float(x), float(y)

    def _block(self) -> Block:
        return Block(np.array(self.world.position(self.block)))

    def _grasp(self) -> bool:
        """Close, lift, hold; return whether the block was lifted and still held at the end."""
        lifted = False
        last = self.task.config.close_steps + self.task.config.lift_steps - 1
        for i, command in enumerate(self.task.finale()):
            self.arm.command(command)
            self.advance()
            if i == last:
                lifted = self._raised()
        return lifted and self._raised()

    def _raised(self) -> bool:
        return self.world.position(self.block)[2] >= self._rest_height + LIFTED
