"""The weights of a SAC learner and its optimisers' memory, by names that hide its threads."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from policies.engine.optim import ParameterVector
from policies.learned import Learned
from policies.sac_step import SACStep

Views = dict[str, NDArray[Any]]


def state_views(step: SACStep) -> Views:
    """Return views of all weights and of the optimisers' memory.

    ``critic1.net.layers.0.weight`` is of the second critic, whichever process it lives in.
    """
    views = _learned(step.actor, "actor", "slow_actor")
    if step.encoder is not None:
        views |= _learned(step.encoder, "encoder", "target_encoder")
    each = len(step.arrays.policy_values) // len(step.critics)
    for share, critics in enumerate(step.critics):
        ensembles = _learned(critics, "critic", "target")
        steps = ensembles.pop("critic.steps")
        for member in range(each):
            index = share * each + member
            views[f"critic{index}.steps"] = steps
            for name, view in ensembles.items():
                network, parameter = name.split(".", 1)
                views[f"{network}{index}.{parameter}"] = view[member]
    return views


def _learned(learned: Learned[Any], group: str, slow_group: str) -> Views:
    vector, adam = learned.vector, learned.adam
    views = _parts(group, vector, vector.values)
    views |= _parts(group, vector, adam.first_moment, ".first_moment")
    views |= _parts(group, vector, adam.second_moment, ".second_moment")
    views[f"{group}.steps"] = adam.steps
    views |= {f"{group}.{name}": buffer for name, buffer in learned.network.buffers().items()}
    if learned.slow is not None:
        views |= _parts(slow_group, learned.slow_vector, learned.slow_vector.values)
    return views


def _parts(group: str, vector: ParameterVector, array: NDArray[Any], suffix: str = "") -> Views:
    return {f"{group}.{name}{suffix}": view for name, view in vector.split(array).items()}
