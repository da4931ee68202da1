"""Differences of values of which some are angles, where a whole turn is none."""

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def wrapped(angles: Values) -> Values:
    """Return ``angles`` by whole turns within [-pi, pi] [rad]."""
    within: Values = angles - 2.0 * np.pi * np.round(angles / (2.0 * np.pi))
    return within


def apart(values: Values, others: Values, circular: NDArray[np.bool_]) -> Values:
    """Return ``values - others``, the shorter way round where ``circular``; all [k]."""
    difference = values - others
    return np.where(circular, wrapped(difference), difference)
