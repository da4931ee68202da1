"""The small deployable form of a policy: its weights, its contract, and where they come from."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policies.checkpoint import Arrays, read_manifest, read_part, write_checkpoint
from policies.contract import Contract
from policies.errors import CheckpointError, PolicyError
from policies.image_policy import ImagePolicy, make_policy
from policies.normalizer import normalize
from policies.policy import Policy

Array = NDArray[np.float32]

PART = "policy"
MEAN, DEVIATION = "observation_mean", "observation_deviation"
PACKAGES = ("twinarm", "numpy", "safetensors", "gymnasium", "pybullet")


@dataclass(frozen=True, slots=True)
class SavedPolicy:
    """A policy read from a checkpoint, with what it was made for.

    about: the checkpoint's manifest: config, step, evaluation and package versions.
    """

    contract: Contract
    about: Mapping[str, Any]
    policy: Policy | ImagePolicy
    mean: Array | None
    deviation: Array | None

    def act(self, observation: NDArray[Any]) -> Array:
        """Return the deterministic action [..., a] in [-1, 1] for packed observations [...]."""
        return self.policy.act(self.normalized(observation))

    def normalized(self, observation: NDArray[Any]) -> NDArray[Any]:
        """Return packed observations [...] as the networks were trained on them."""
        if self.mean is None or self.deviation is None:
            return observation
        spec = self.contract.observation
        return normalize(spec, np.array(observation, spec.dtype), self.mean, self.deviation)


def save_policy(folder: Path, arrays: Arrays, contract: Contract, about: Mapping[str, Any]) -> None:
    """Write a deployable checkpoint: ``arrays`` as `Learner.policy_arrays` gives them.

    Raises PolicyError if the disk does not take it.
    """
    write_checkpoint(folder, {PART: arrays}, policy_meta(contract, about))


def load_policy(folder: Path) -> SavedPolicy:
    """Read the policy of a deployable or a training checkpoint; needs numpy alone.

    Raises CheckpointError if it is truncated, altered or foreign.
    """
    manifest = read_manifest(folder)
    arrays = read_part(folder, manifest, PART)
    mean, deviation = arrays.pop(MEAN, None), arrays.pop(DEVIATION, None)
    contract = Contract.from_json(manifest.get("contract", {}))
    try:
        policy = make_policy(arrays, contract.observation)
    except PolicyError as error:
        raise CheckpointError(f"{folder}: {error}") from error
    if policy.action_size != contract.action_size:
        raise CheckpointError(
            f"{folder}: weights for {policy.action_size} actions do not fit the contract {contract}"
        )
    return SavedPolicy(contract, manifest, policy, mean, deviation)


def policy_meta(contract: Contract, about: Mapping[str, Any]) -> dict[str, Any]:
    """Return what every manifest says: the contract, the versions, and ``about``."""
    return {"contract": contract.to_json(), "versions": _versions(), **about}


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
