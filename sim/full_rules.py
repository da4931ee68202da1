"""How the full grasp goes: the policy decides every control period until the block is held up."""

import math
from collections.abc import Callable

import numpy as np

from robot.command import ArmState
from robot.full_task import FullGraspTask
from robot.tool_task import Block
from sim.full_reward import FULL_REWARDS, FullRewardScales, full_reward
from sim.grasp_rules import Array, Rules, Verdict
from sim.grasp_scene import GraspScene
from sim.reward import Scales, Terms, named_scales
from sim.spawn import draw_turn
from sim.world import GRIP, Pace

APPROACH = Pace(4, 40)  # while the jaws are open; with fewer iterations the arm sags by 2 to 5 mm


class FullRules(Rules):
    """The episode terminates once the block was up for half a second, and is cut by a time limit.

    Privileged is what the policy would be told of the block, `FullGraspTask.block_observation`,
    but from where the tool really is, and turned by least from where the jaws are: of two ways
    round that are equally far it goes on with the one that has begun. Then sine and cosine of four
    times its turn from the direction in which the tool leans, as a camera at the wrist sees it: a
    cube's turn without the jump between two of its faces. Then x and y of the block from the middle
    of the area, in units of 5 cm, and such sine and cosine of its heading, as the picture from
    before the start shows it.
    """

    def __init__(
        self,
        task: FullGraspTask,
        scene: GraspScene,
        advance: Callable[[], None],
        scales: str | FullRewardScales = "default",
        paces: tuple[Pace, Pace] = (APPROACH, GRIP),
    ) -> None:
        """Play ``task`` in ``scene``; ``advance`` lets a control period pass.

        paces: of the simulation while the jaws are open, and else.
        """
        self._task, self._scene, self._arm = task, scene, scene.arm
        self._advance, self._paces = advance, paces
        self._scales: Scales = named_scales(scales, FULL_REWARDS)
        self._steps = self._up = 0

    def draw_turn(self, random: np.random.Generator) -> tuple[float, ...]:
        """Return a random turn: one number [rad]."""
        return (draw_turn(random),)

    def begin(self) -> None:
        """Start an episode, now that everything is in place."""
        self._steps = self._up = 0

    def step(self, action: Array) -> Verdict:
        """Take one control period."""
        self._arm.command(self._task.command(action, self._arm.state()))
        self._arm.set_pace(self._paces[self._task.closing > 0.0])
        self._advance()
        self._steps += 1
        success = self._succeeded()
        cut = not success and self._steps >= self._task.config.steps
        terms = self._terms(success)
        return Verdict(terms, self._scales.total(terms), success if success or cut else None, cut)

    @property
    def privileged_size(self) -> int:
        """Return how many numbers ``privileged`` returns."""
        return len(self._task.block_names) + 6

    def privileged(self) -> Array:
        """Return what the pictures show of the block [p]."""
        task, state, block = self._task, self._arm.true_state(), self._scene.block()
        x, y, _ = task.model.kinematics.tool_position(state.positions)
        seen, heading = 4.0 * (block.yaw - math.atan2(y, x)), 4.0 * block.yaw
        place = (block.position[:2] - task.centre[:2]) / task.length_scale
        shown = [math.sin(seen), math.cos(seen), *place, math.sin(heading), math.cos(heading)]
        told = self._told_of(state, block)
        return np.concatenate([told, np.array(shown, np.float32)], dtype=np.float32)

    def _told_of(self, state: ArmState, block: Block) -> Array:
        told = self._task.block_observation(state, block)
        told[3] = (told[3] + 1.0) % 2.0 - 1.0  # a quarter turn is two units
        return told

    def _succeeded(self) -> bool:
        """Look at the block, once a control period; return whether it was up for long enough."""
        self._up = self._up + 1 if self._scene.lifted() else 0
        return self._up >= self._task.config.hold_steps

    def _terms(self, success: bool) -> Terms:
        state = self._arm.true_state()
        offset = self._task.offset(state, self._scene.block())
        return full_reward(offset, self._closed(state), self._scene.raised(), success)

    def _closed(self, state: ArmState) -> float:
        """Return how far the jaws are closed, 0 open to 1 at the block's width."""
        widest, size = self._task.model.gripper.max_opening, self._scene.conditions.block_size
        return min(1.0, max(0.0, (widest - state.gripper) / (widest - size)))
