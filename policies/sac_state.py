"""Everything the future of a SAC learner depends on, by names that do not tell its threads."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from policies.engine.optim import Adam, ParameterVector
from policies.sac_step import SACStep

Views = dict[str, NDArray[Any]]


def state_views(step: SACStep, temperature: ParameterVector, temperature_adam: Adam) -> Views:
    """Return views of all weights and of the optimisers' memory.

    ``critic1.net.layers.0.weight`` is of the second critic, whichever process it lives in.
    """
    views = _learned("actor", step.actor, step.actor_adam)
    views |= _learned("temperature", temperature, temperature_adam)
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
