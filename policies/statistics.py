"""Success statistics: the Wilson interval and rolling figures of recent episodes."""

import math
from collections import deque
from collections.abc import Mapping
from statistics import NormalDist, fmean
from typing import Any

WINDOW = 100
"""Episodes that a rolling figure looks back."""


def wilson_interval(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the Wilson score interval of a success rate.

    Unlike the normal approximation it stays inside [0, 1] and holds for rates near its ends.
    (E. B. Wilson, Probable inference, the law of succession, and statistical inference, 1927.)
    Raises ValueError unless 0 <= successes <= trials and trials > 0.
    """
    if not 0 <= successes <= trials or trials == 0:
        raise ValueError(f"{successes} successes in {trials} trials")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    rate = successes / trials
    scale = 1 + z * z / trials
    centre = (rate + z * z / (2 * trials)) / scale
    half = z / scale * math.sqrt(rate * (1 - rate) / trials + (z / (2 * trials)) ** 2)
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == trials else centre + half
    return low, high


class RollingStatistics:
    """Means over the last episodes, from the infos that a pool gives when they end."""

    def __init__(self, window: int = WINDOW) -> None:
        self.episodes = 0
        self._recent: deque[dict[str, float]] = deque(maxlen=window)

    def add(self, info: Mapping[str, Any]) -> None:
        """Count one ended episode."""
        figures = {"return": float(info["return"]), "length": float(info["length"])}
        if "is_success" in info:
            figures["success_rate"] = float(info["is_success"])
        for name, value in info.get("reward_terms", {}).items():
            figures[f"reward/{name}"] = float(value)
        self._recent.append(figures)
        self.episodes += 1

    def means(self) -> dict[str, float]:
        """Return the mean of each figure; empty before the first episode ends."""
        names = dict.fromkeys(name for figures in self._recent for name in figures)
        return {name: fmean(f[name] for f in self._recent if name in f) for name in names}

    def state(self) -> dict[str, Any]:
        """Return the counters as plain JSON values, for `load_state`."""
        return {"episodes": self.episodes, "recent": list(self._recent)}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self.episodes = int(state["episodes"])
        self._recent.clear()
        self._recent.extend(state["recent"])
