"""Who sees where the tool is: an emulator or simulation from outside, or the arm itself."""

from collections.abc import Callable

import numpy as np

from robot.command import Vector
from robot.model import ArmModel
from robot.tool_fix import FixNoise, ToolFix, tool_fix


class OutsideProbe:
    """Sees where an emulated or simulated arm truly is, as well as a careful person would."""

    blind = False

    def __init__(
        self, model: ArmModel, true_positions: Callable[[], Vector], noise: FixNoise, seed: int = 0
    ) -> None:
        """Look at ``true_positions`` [n] [rad], with ``noise`` drawn from ``seed``."""
        self._kinematics, self._true_positions = model.kinematics, true_positions
        self._noise, self._random = noise, np.random.default_rng(seed)
        self.source = (
            f"seen from outside to {noise.position * 1e3:g} mm and"
            f" {np.degrees(noise.heading):g} deg"
        )

    def look(self, visit: int, measured: Vector, hold: Callable[[], object]) -> ToolFix:
        """Return where the tool truly is, and noise."""
        return self._noise.seen(tool_fix(self._kinematics, self._true_positions()), self._random)


class OwnReadings:
    """Believes what the arm's joints read, in which zero, gain and play errors do not show."""

    blind = True
    source = "the arm's own readings"

    def __init__(self, model: ArmModel) -> None:
        """Take the kinematics of ``model``."""
        self._kinematics = model.kinematics

    def look(self, visit: int, measured: Vector, hold: Callable[[], object]) -> ToolFix:
        """Return where the tool would be if the joints were where they read."""
        return tool_fix(self._kinematics, measured)
