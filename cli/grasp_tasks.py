"""The environment that a policy was trained on, for verbs that need ours with its conditions."""

from collections.abc import Mapping
from contextlib import closing
from typing import Any

import gymnasium

import sim  # noqa: F401  registers our environments
from policies.contract import Contract
from policies.environments import make_environment
from policies.errors import PolicyError
from policies.policy_files import SavedPolicy
from sim.grasp_env import GraspEnv
from sim.identified import randomization_text

OURS = "twinarm/"


def grasp_env(env_id: str, env_kwargs: Mapping[str, Any]) -> GraspEnv:
    """Return a new environment of ours, unwrapped. Raises PolicyError if ``env_id`` is another."""
    env = make_environment(env_id, env_kwargs)
    if not isinstance(env.unwrapped, GraspEnv):
        env.close()
        ours = ", ".join(name for name in sorted(gymnasium.registry) if name.startswith(OURS))
        raise PolicyError(f"{env_id} is no grasp of ours, which has an arm and conditions: {ours}")
    return env.unwrapped


def trained_env(saved: SavedPolicy, name: str, **changes: Any) -> GraspEnv:
    """Return the environment that the policy ``name`` was trained on, arguments changed.

    Raises PolicyError if it is no grasp of ours, CheckpointError naming both sides if what the
    policy expects to observe is not what the environment shows today.
    """
    config = saved.about["config"]
    env_id, kwargs = config["env_id"], config["env_kwargs"]
    grasp_env(env_id, kwargs).close()  # another environment would not know the arguments
    env = grasp_env(env_id, {**kwargs, **changes})
    try:
        Contract.of(env, env_id.rpartition(":")[2]).check(saved.contract, name)
    except PolicyError:
        env.close()
        raise
    return env


def with_randomization(env_id: str, env_kwargs: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return ``env_kwargs`` of ``env_id`` with the randomization called ``name``, or of that file.

    What a servo file says is taken over, so that the arguments mean the same without it.
    Raises UnknownNameError for another name, RobotError for a file of another arm, PolicyError
    if the environment has no conditions.
    """
    with closing(grasp_env(env_id, env_kwargs)) as env:
        return {**env_kwargs, "randomization": randomization_text(name, env.task.model)}
