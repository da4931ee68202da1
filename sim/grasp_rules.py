"""What a grasp environment leaves to its task: how a step goes, what it is worth, when it ends."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.reward import Terms

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a step came to.

    terms: of the reward, unscaled; reward: their worth. success: None before the end. truncated:
    cut by the time limit, which is no end of the task.
    """

    terms: Terms
    reward: float
    success: bool | None = None
    truncated: bool = False

    def cut(self) -> "Verdict":
        """Return the same at the end of its episode, which is cut if it has not ended."""
        if self.success is not None:
            return self
        return Verdict(self.terms, self.reward, success=False, truncated=True)


class Rules(Protocol):
    """Plays episodes of a task in a scene.

    option_names: of a reset that the task alone understands.
    """

    option_names: tuple[str, ...] = ()

    def draw_turn(self, random: np.random.Generator) -> tuple[float, ...]:
        """Return how a block is turned [rad], or nothing if blocks always lie straight."""

    def fits(self, place: tuple[float, ...], options: Mapping[str, Any]) -> bool:
        """Return whether a block may be laid at a drawn ``place``, given ``options`` of a reset.

        Raises RobotError for options that no place fits.
        """
        return True

    def draw(
        self, place: tuple[float, ...], options: Mapping[str, Any], random: np.random.Generator
    ) -> dict[str, Any]:
        """Return what ``info`` tells of an episode with the block at ``place``, by its name.

        It is what ``options`` say, or else drawn. Raises RobotError for what cannot be.
        """
        return {}

    def outcome(self) -> dict[str, Any]:
        """Return what else ``info`` tells of an episode at its end."""
        return {}

    def begin(self) -> None:
        """Start an episode, now that everything is in place."""

    def step(self, action: Array) -> Verdict:
        """Take a control period, or the rest of the episode if that is left to the task."""

    @property
    def privileged_size(self) -> int:
        """Return how many numbers ``privileged`` returns."""

    def privileged(self) -> Array:
        """Return what of the block a picture shows, for training alone."""
