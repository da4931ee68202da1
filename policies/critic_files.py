"""Reads the critics of a training checkpoint, to look at what they value."""

from pathlib import Path

import numpy as np

from policies.checkpoint import Arrays, read_part
from policies.config import TrainConfig, config_from_json
from policies.errors import CheckpointError, PolicyError
from policies.image_policy import ImagePolicy
from policies.insight import CriticView
from policies.networks import Critics
from policies.policy_files import load_policy
from policies.resumption import TRAINING
from policies.sac_config import SACConfig

_PREFIX = "learner/sac/critic"


def load_critics(folder: Path) -> CriticView:
    """Read the critics of a training checkpoint on pictures, with the encoder they share.

    Raises PolicyError if there are none, CheckpointError if they do not fit their config.
    """
    saved = load_policy(folder)
    if TRAINING not in saved.about["files"]:
        raise PolicyError(
            f"{folder} holds a policy without its critics; they are in checkpoints/last of its run"
        )
    if saved.about["config"].get("algorithm") in ("bc", "dagger"):
        raise PolicyError(f"{folder}: its policy was cloned, without any critics")
    if not isinstance(saved.policy, ImagePolicy):
        raise PolicyError(f"{folder}: its critics see no pictures")
    arrays = read_part(folder, saved.about, TRAINING, _PREFIX)
    config = config_from_json(TrainConfig, saved.about["config"], str(folder)).sac
    inputs = saved.policy.encoder.size + saved.contract.observation.vector_size
    critics = _read_critics(arrays, inputs, saved.contract.action_size, config, folder)
    return CriticView(saved.policy.encoder, critics, saved.contract.observation)


def _read_critics(
    arrays: Arrays, inputs: int, actions: int, config: SACConfig, folder: Path
) -> Critics:
    count = 0
    while f"{_PREFIX}{count}.steps" in arrays:
        count += 1
    critics = Critics(
        inputs,
        actions,
        config.hidden,
        np.random.default_rng(0),
        count=max(1, count),
        layer_norm=config.critic_layer_norm,
        batch_norm=config.critic_batch_norm,
    ).predicting()
    parameters = {name: tensor.data for name, tensor in critics.parameters().items()}
    for name, into in (parameters | critics.buffers()).items():
        names = [f"{_PREFIX}{member}.{name}" for member in range(count)]
        found = [arrays[each] for each in names if each in arrays]
        shapes = {array.shape for array in found}
        if not count or len(found) < count or shapes != {into.shape[1:]}:
            raise CheckpointError(
                f"{folder}: {count} critics have {name} of {sorted(shapes)}, but the config needs"
                f" {into.shape[1:]}"
            )
        np.stack(found, out=into)
    return critics
