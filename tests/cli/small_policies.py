"""Policies for tests of verbs: weights nobody trained, in the files of real ones."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import sim  # noqa: F401  registers our environments
from policies.config import TrainConfig, config_to_json
from policies.contract import Contract
from policies.environments import make_environment
from policies.policy_files import save_policy
from policies.sac import SAC, SACConfig

DEPTH = "twinarm/DofbotGraspDepth-v0"
STATE = "twinarm/DofbotGrasp-v0"


def save_untrained(
    folder: Path, env_id: str, details: dict[str, Any] | None = None, **env_kwargs: Any
) -> Path:
    """Write an untrained policy for ``env_id`` to ``folder``, its contract's details changed."""
    with closing(make_environment(env_id, env_kwargs)) as env:
        contract = Contract.of(env, env_id)
    contract = replace(contract, details=contract.details | (details or {}))
    settings = SACConfig(hidden=(16,), encoder="4k4s4", latent=8, threads=1)
    sac = SAC(contract.observation, contract.action_size, settings, seed=0)
    config = config_to_json(TrainConfig(env_id=env_id, env_kwargs=env_kwargs))
    save_policy(folder, sac.policy_arrays(), contract, {"config": config, "step": 0})
    return folder
