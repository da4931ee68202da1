"""A scripted policy that steers straight to the block: proof that the task can be solved."""

import numpy as np
from numpy.typing import NDArray

_GAIN = 1.0  # full action from 1 cm away: the step that closes the gap


class GraspExpert:
    """Moves the tool target onto the block by the shortest way."""

    def act(self, observation: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the action [2] in [-1, 1] for an ``observation`` [10] of the grasp task."""
        gap = observation[0:2] - observation[6:8]  # from the tool target, not the tool: no overshoot
        return np.clip(gap * 5.0 * _GAIN, -1.0, 1.0).astype(np.float32)
