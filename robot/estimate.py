"""A number that was found out by measuring, and how surely."""

from dataclasses import dataclass
from math import isfinite

from robot.errors import RobotError


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and its standard deviation, in the same unit."""

    value: float
    std: float

    def __post_init__(self) -> None:
        """Raise RobotError for numbers that no estimate can have."""
        if not (isfinite(self.value) and isfinite(self.std) and self.std >= 0.0):
            raise RobotError(f"estimate {self.value} +- {self.std}: not finite, or negative spread")

    @property
    def range(self) -> tuple[float, float]:
        """Return the value less and plus two standard deviations."""
        return self.value - 2.0 * self.std, self.value + 2.0 * self.std
