"""What a depth camera makes of the truth: noise, lost pixels, rounding."""

import numpy as np
from numpy.typing import NDArray

from sim.conditions import Conditions

Depth = NDArray[np.float32]

_RANGE = 0.2  # [m] where the noise is as large as the condition says


def disturb(depth: Depth, conditions: Conditions, random: np.random.Generator) -> Depth:
    """Return ``depth`` [h, w] in metres as a camera in ``conditions`` tells it; 0 is unknown.

    Noise grows with the square of the distance, as a stereo camera's does (Keselman et al. 2017,
    "Intel RealSense Stereoscopic Depth Cameras", section 4).
    """
    if conditions.depth_noise:
        noise = random.standard_normal(depth.shape, np.float32)
        noise *= np.float32(conditions.depth_noise / _RANGE**2)
        noise *= depth
        noise *= depth
        depth = depth + noise
    if conditions.depth_quantum:
        quantum = np.float32(conditions.depth_quantum)
        depth = np.rint(depth / quantum) * quantum
    if conditions.depth_dropout:
        lost = random.random(depth.shape, np.float32) < conditions.depth_dropout
        depth = np.where(lost, np.float32(0), depth)
    return depth
