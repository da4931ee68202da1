"""A curriculum gated by success: each level opens once the one before it is mastered."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from policies.errors import CheckpointError, PolicyError

if TYPE_CHECKING:
    from policies.environments import MakeEnv


@dataclass(frozen=True)
class CurriculumGate:
    """What opens the next level of a curriculum."""

    success_rate: float = 0.8
    """Share of the newest episodes at the current level that must succeed."""
    episodes: int = 40
    """How many of the newest episodes at the current level are counted; no fewer will do."""

    def __post_init__(self) -> None:
        if not 0 < self.success_rate <= 1:
            raise PolicyError(f"success_rate must be within (0, 1], got {self.success_rate}")
        if self.episodes < 1:
            raise PolicyError(f"episodes must be at least 1, got {self.episodes}")


class Curriculum:
    """The open level of an environment with levels 0 … levels - 1, from easy to full.

    Such an environment declares ``curriculum_levels`` and takes the reset option ``level``: draw
    an episode of this level or, now and then, of an earlier one, which its last info may tell as
    ``level``. Without the option it draws from the full task.
    """

    def __init__(self, levels: int, gate: CurriculumGate) -> None:
        self.levels, self.gate = levels, gate
        self.level = 0
        self._recent: deque[bool] = deque(maxlen=gate.episodes)

    @classmethod
    def read(cls, make_env: MakeEnv, env_id: str, gate: CurriculumGate) -> Curriculum:
        """Return the curriculum of an environment, made for a moment to look at it.

        Raises PolicyError if it has no levels.
        """
        with closing(make_env()) as env:
            levels = getattr(env.unwrapped, "curriculum_levels", 1)
        if not isinstance(levels, int) or levels < 2:
            raise PolicyError(
                f"{env_id} has no curriculum: it declares no curriculum_levels above 1; "
                "train it with curriculum off"
            )
        return cls(levels, gate)

    @property
    def options(self) -> dict[str, int]:
        """Return the reset options of the open level."""
        return {"level": self.level}

    def add(self, info: Mapping[str, Any]) -> None:
        """Count an ended episode, if it was at the open level, and open the next if it is time.

        ``info`` is that of a pool. Raises PolicyError if it does not tell ``is_success``, or if
        its level was not open yet: the environment did not draw what it was asked for.
        """
        if "is_success" not in info:
            raise PolicyError("a curriculum needs is_success in the last info of an episode")
        if info["level"] > self.level:
            raise PolicyError(
                f"an episode was of level {info['level']}, but only {self.level} is open: the "
                "environment does not heed the reset option 'level'"
            )
        if info["level"] == self.level:
            self._recent.append(bool(info["is_success"]))
            self._advance()

    def state(self) -> dict[str, Any]:
        """Return the level and its recent successes as plain JSON values, for `load_state`."""
        return {"level": self.level, "recent": list(self._recent)}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take over a state. Raises CheckpointError if there is no such level."""
        if not 0 <= state["level"] < self.levels:
            raise CheckpointError(f"no curriculum level {state['level']} among {self.levels}")
        self.level = int(state["level"])
        self._recent.clear()
        self._recent.extend(state["recent"])

    def _advance(self) -> None:
        full = len(self._recent) == self.gate.episodes
        mastered = full and sum(self._recent) >= self.gate.success_rate * self.gate.episodes
        if mastered and self.level < self.levels - 1:
            self.level += 1
            self._recent.clear()
