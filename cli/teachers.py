"""The teacher of a run of dataset aggregation: a policy that is told, or the scripted expert."""

from collections.abc import Callable
from contextlib import closing
from functools import partial

import numpy as np
from numpy.typing import NDArray

from cli.grasp_tasks import trained_env
from policies.config import TrainConfig
from policies.environments import make_environment
from policies.errors import PolicyError
from policies.imitator import Teacher
from policies.policy_files import load_policy
from policies.runs import find_policy
from sim.depth_env import DepthGraspEnv
from sim.experts import Expert, expert_of

EXPERT = "expert"
GLIMPSE = {"glimpse": 1}

Array = NDArray[np.float32]


def teacher_of(config: TrainConfig) -> Teacher | None:
    """Return the teacher that ``config`` names, None if its algorithm has none.

    Raises PolicyError if it is one of another task, or the environment tells it too little.
    """
    if config.teacher is None:
        return None
    with closing(make_environment(config.env_id, config.env_kwargs)) as made:
        env = made.unwrapped
        if not isinstance(env, DepthGraspEnv) or not env.told_size:
            raise PolicyError(
                f"{config.env_id}: --algorithm dagger is for what a policy sees of the full task or"
                " of placing: twinarm/DofbotGraspDepth-v0 --task full"
            )
        if config.teacher == EXPERT:
            return Teacher(partial(_acted, expert_of(env.task)), env.told_size, GLIMPSE)
        return Teacher(_policy_for(env, config.teacher), env.told_size, GLIMPSE)


def _policy_for(env: DepthGraspEnv, name: str) -> Callable[[Array], Array]:
    saved = load_policy(find_policy(name))
    with closing(trained_env(saved, name)) as other:
        theirs, ours = other.task, env.task
        fits = type(theirs) is type(ours) and theirs.model.name == ours.model.name
        if not fits or isinstance(other, DepthGraspEnv):
            raise PolicyError(
                f"--teacher {name} is no policy that is told of the same task of the same arm:"
                " train one without Depth in the id, or take --teacher expert"
            )
    return saved.act


def _acted(expert: Expert, told: Array) -> Array:
    return np.stack([expert.act(row) for row in told])
