"""What a policy sees and does, kept with its weights so that it is never used on another task."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from policies.errors import CheckpointError, PolicyError

if TYPE_CHECKING:
    import gymnasium

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Contract:
    """The spaces of one environment id.

    env_id: registered Gymnasium id, whose version number rises when its behaviour changes.
    observation_shape: shape of one observation.
    action_low, action_high: bounds of each action, in the environment's own units.
    """

    env_id: str
    observation_shape: tuple[int, ...]
    action_low: tuple[float, ...]
    action_high: tuple[float, ...]

    @classmethod
    def of(cls, env: gymnasium.Env[Any, Any], env_id: str) -> Contract:
        """Read the contract of ``env``. Raises PolicyError unless its spaces suit a policy."""
        from gymnasium.spaces import Box

        observation, action = env.observation_space, env.action_space
        if not isinstance(observation, Box) or len(observation.shape) != 1:
            raise PolicyError(
                f"{env_id}: observations are {observation}, but only a flat Box can be learned "
                "from; wrap it in gymnasium.wrappers.FlattenObservation"
            )
        if not isinstance(action, Box) or len(action.shape) != 1:
            raise PolicyError(f"{env_id}: actions are {action}, but only a flat Box can be learned")
        low, high = (tuple(map(float, bound)) for bound in (action.low, action.high))
        if not all(map(math.isfinite, low + high)):
            raise PolicyError(
                f"{env_id}: the action bounds are infinite; "
                "wrap it in gymnasium.wrappers.RescaleAction or declare finite bounds"
            )
        return cls(env_id, observation.shape, low, high)

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
        return {name: _plain(value) for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Contract:
        """Return the contract written by `to_json`. Raises CheckpointError if it is not one."""
        try:
            return cls(
                str(data["env_id"]),
                tuple(map(int, data["observation_shape"])),
                tuple(map(float, data["action_low"])),
                tuple(map(float, data["action_high"])),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"the contract is incomplete: {error}") from error

    def check(self, other: Contract, source: str) -> None:
        """Raise CheckpointError naming the first difference if ``other`` is not this contract."""
        for name in self.__slots__:
            ours, theirs = getattr(self, name), getattr(other, name)
            if ours != theirs:
                raise CheckpointError(
                    f"{source}: made for {name} {_plain(theirs)}, but this needs {_plain(ours)}"
                )


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
