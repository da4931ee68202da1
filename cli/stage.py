"""Somebody who grasps in a simulated environment, to be watched."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cli.grasp_tasks import trained_env
from cli.inset import with_inset
from policies.policy_files import load_policy
from policies.runs import find_policy
from robot.errors import RobotError
from sim.experts import expert_of
from sim.grasp_env import GraspEnv
from sim.object_families import SplitName
from sim.render import Picture, picture

EXPERT = "expert"


class Stage:
    """An environment, and who acts in it; ``act`` maps its observations to actions."""

    def __init__(self, env: GraspEnv, act: Callable[[Any], NDArray[np.float32]]) -> None:
        self.env, self._act = env, act
        self._seen: NDArray[np.uint8] | None = None

    def play(self, seed: int) -> bool:
        """Play the episode of ``seed``; return whether its task was done."""
        observation, _ = self.env.reset(seed=seed)
        over = False
        while not over:
            self._seen = observation["depth"] if isinstance(observation, Mapping) else None
            action = self._act(observation)
            observation, _, terminated, truncated, info = self.env.step(action)
            over = terminated or truncated
        return bool(info["is_success"])

    def picture(self) -> Picture:
        """Return the scene as it is now, with what a policy with a camera last saw."""
        return with_inset(picture(self.env.scene.world), self._seen)


def open_stage(
    policy: str,
    arm: str | None,
    randomization: str | None,
    window: bool = False,
    task: str | None = None,
    clutter: SplitName | None = None,
) -> Stage:
    """Return the stage of ``policy`` or ``expert``, in the policy's own environment.

    arm, randomization, clutter: others than that environment's, if given. task: of the expert.
    Raises PolicyError or RobotError.
    """
    if policy == EXPERT:
        env = GraspEnv(
            arm or "dofbot",
            randomization=randomization or "off",
            window=window,
            task=task or "guided",
            clutter=clutter,
        )
        return Stage(env, expert_of(env.task).act)
    if task is not None:
        raise RobotError(f"--task is for the expert: {policy} has its own")
    asked = {"arm": arm, "randomization": randomization, "clutter": clutter}
    changes = {name: value for name, value in asked.items() if value is not None}
    saved = load_policy(find_policy(policy))
    pack = saved.contract.observation.pack
    env = trained_env(saved, policy, window=window, **changes)
    return Stage(env, lambda observation: saved.act(pack(observation)))
