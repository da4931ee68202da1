"""The weights of a SAC learner and its optimisers' memory, by names that hide its threads."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from policies.engine.optim import Adam, ParameterVector
from policies.sac_step import SACStep

Views = dict[str, NDArray[Any]]


def state_views(step: SACStep) -> Views:
    """Return views of all weights and of the optimisers' memory.

    ``critic1.net.layers.0.weight`` is of the second critic, whichever process it lives in.
    """
    views = _learned("actor", step.actor.vector, step.actor.adam)
    if step.actor.slow is not None:
        slow = step.actor.slow_vector
        views |= _parts("slow_actor", slow, slow.values)
    if step.encoder is not None:
        encoder = step.encoder
        views |= _learned("encoder", encoder.vector, encoder.adam)
        views |= _parts("target_encoder", encoder.target_vector, encoder.target_vector.values)
    each = len(step.arrays.policy_values) // len(step.critics)
    for share, weights in enumerate(step.critics):
        ensembles = _learned("critic", weights.vector, weights.adam)
        ensembles |= _parts("target", weights.target_vector, weights.target_vector.values)
        steps = ensembles.pop("critic.steps")
        for member in range(each):
            index = share * each + member
            views[f"critic{index}.steps"] = steps
            for name, view in ensembles.items():
                network, parameter = name.split(".", 1)
                views[f"{network}{index}.{parameter}"] = view[member]
    return views


def _learned(group: str, vector: ParameterVector, adam: Adam) -> Views:
    views = _parts(group, vector, vector.values)
    views |= _parts(group, vector, adam.first_moment, ".first_moment")
    views |= _parts(group, vector, adam.second_moment, ".second_moment")
    views[f"{group}.steps"] = adam.steps
    return views


def _parts(group: str, vector: ParameterVector, array: NDArray[Any], suffix: str = "") -> Views:
    return {f"{group}.{name}{suffix}": view for name, view in vector.split(array).items()}
