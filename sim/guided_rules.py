"""How the guided grasp goes: steps of the policy, then the jaws close, lift, and are judged."""

from collections.abc import Callable

import numpy as np

from robot.task import GraspTask
from sim.grasp_rules import Array, Rules, Verdict
from sim.grasp_scene import GraspScene
from sim.reward import REWARDS, RewardScales, grasp_reward, named_scales
from sim.world import FINE, Pace


class GuidedRules(Rules):
    """The episode terminates with the grasp: the time left is observed, so the end is the task's.

    Privileged are x and y of the block from where the tool really is, in units of 5 cm.
    """

    privileged_size = 2

    def __init__(
        self,
        task: GraspTask,
        scene: GraspScene,
        advance: Callable[[], None],
        scales: str | RewardScales = "default",
        paces: tuple[Pace, Pace] = (FINE, FINE),
    ) -> None:
        """Play ``task`` in ``scene``; ``advance`` lets a control period pass.

        paces: of the simulation until the jaws close, and from then on.
        """
        self._task, self._scene, self._arm = task, scene, scene.arm
        self._advance, self._scales, self._paces = advance, named_scales(scales, REWARDS), paces

    def draw_turn(self, random: np.random.Generator) -> tuple[float, ...]:
        """Return nothing: blocks lie straight."""
        return ()

    def begin(self) -> None:
        """Start an episode, now that everything is in place."""
        self._arm.set_pace(self._paces[0])

    def step(self, action: Array) -> Verdict:
        """Take one control period; the last step also closes, lifts, and judges."""
        self._arm.command(self._task.command(action, self._arm.state()))
        self._advance()
        success = self._grasp() if self._task.finished else None
        terms = grasp_reward(self.privileged(), success)
        return Verdict(terms, self._scales.total(terms), success)

    def privileged(self) -> Array:
        """Return x and y of the block from where the tool really is [2]."""
        state, block = self._arm.true_state(), self._scene.block()
        return self._task.block_observation(state, block)[: self.privileged_size]

    def _grasp(self) -> bool:
        """Close, lift, hold; return whether the block was up all through the hold."""
        held = True
        self._arm.set_pace(self._paces[1])
        for phase, command in self._task.finale(self._arm.state):
            self._arm.command(command)
            self._advance()
            held = held and (phase != "hold" or self._scene.lifted())
        return held
