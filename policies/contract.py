"""What a policy sees and does, kept with its weights so that it is never used on another task."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from policies.errors import CheckpointError, PolicyError
from policies.observation import ObservationSpec

if TYPE_CHECKING:
    import gymnasium

Array = NDArray[np.float32]

ABSENT = "not given"
"""Said of a value that only one of two contracts has."""


@dataclass(frozen=True, slots=True)
class Contract:
    """The spaces of one environment id.

    env_id: registered Gymnasium id, whose version number rises when its behaviour changes.
    observation: what one observation is.
    action_low, action_high: bounds of each action, in the environment's own units.
    details: plain JSON values that observations depend on and their space does not tell, such as
        a camera's field of view; an environment declares them as its ``observation_details``.
    """

    env_id: str
    observation: ObservationSpec
    action_low: tuple[float, ...]
    action_high: tuple[float, ...]
    details: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, env: gymnasium.Env[Any, Any], env_id: str) -> Contract:
        """Read the contract of ``env``. Raises PolicyError unless its spaces suit a policy."""
        from gymnasium.spaces import Box

        try:
            privileged = int(getattr(env.unwrapped, "privileged_size", 0))
            observation = ObservationSpec.of(env.observation_space, privileged)
        except PolicyError as error:
            raise PolicyError(f"{env_id}: {error}") from None
        action = env.action_space
        if not isinstance(action, Box) or len(action.shape) != 1:
            raise PolicyError(f"{env_id}: actions are {action}, but only a flat Box can be learned")
        low, high = (tuple(map(float, bound)) for bound in (action.low, action.high))
        if not all(map(math.isfinite, low + high)):
            raise PolicyError(
                f"{env_id}: the action bounds are infinite; "
                "wrap it in gymnasium.wrappers.RescaleAction or declare finite bounds"
            )
        return cls(env_id, observation, low, high, _details(env, env_id))

    @property
    def action_size(self) -> int:
        """Return the number of values of one action."""
        return len(self.action_low)

    def rescale(self, actions: Array) -> Array:
        """Return policy actions [..., a] in [-1, 1] in the environment's units."""
        low = np.array(self.action_low, np.float32)
        high = np.array(self.action_high, np.float32)
        scaled: Array = (actions + np.float32(1)) * ((high - low) / np.float32(2)) + low
        return np.clip(scaled, low, high, out=scaled)

    def to_json(self) -> dict[str, Any]:
        """Return the contract as plain JSON values."""
        return {
            "env_id": self.env_id,
            "observation": self.observation.to_json(),
            "action_low": list(self.action_low),
            "action_high": list(self.action_high),
            "details": self.details,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Contract:
        """Return the contract written by `to_json`. Raises CheckpointError if it is not one."""
        try:
            return cls(
                str(data["env_id"]),
                ObservationSpec.from_json(data["observation"]),
                tuple(map(float, data["action_low"])),
                tuple(map(float, data["action_high"])),
                dict(data["details"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"the contract is incomplete: {error!r}") from error

    def check(self, other: Contract, source: str) -> None:
        """Raise CheckpointError naming the first difference if ``other`` is not this contract."""
        ours, theirs = _named(self.to_json()), _named(other.to_json())
        for name in {**ours, **theirs}:
            here, there = ours.get(name, ABSENT), theirs.get(name, ABSENT)
            if here != there:
                raise CheckpointError(f"{source}: made for {name} {there}, but this needs {here}")


def _details(env: gymnasium.Env[Any, Any], env_id: str) -> dict[str, Any]:
    declared = getattr(env.unwrapped, "observation_details", {})
    try:
        return dict(json.loads(json.dumps(declared)))
    except (TypeError, ValueError) as error:
        raise PolicyError(
            f"{env_id}: its observation_details {declared!r} are not plain JSON values"
        ) from error


def _named(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the values of nested dicts under dotted names."""
    named: dict[str, Any] = {}
    for key, value in values.items():
        inner = isinstance(value, dict)
        named |= _named(value, f"{prefix}{key}.") if inner else {f"{prefix}{key}": value}
    return named
