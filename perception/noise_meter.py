"""How noisy values are, told from how far each lies off the line through its neighbours."""

import numpy as np
from numpy.typing import NDArray

from perception.turns import apart

Values = NDArray[np.float64]

_MEMORY = 90.0  # samples: 3 s of a webcam
_OUTLIER = 4.0  # standard deviations beyond which a sample counts as if it were there
_LEAST = 0.02  # of the noise expected: steps of the landmarker and rounding


class NoiseMeter:
    """Standard deviations of [k] values that are sampled at times that need not be even.

    Three samples x0, x1, x2 of a steady motion lie on a line. By how much the middle one is off it,
    x1 - w0 x0 - w2 x2 with w0 + w2 = 1, has the variance of one sample times 1 + w0² + w2².
    """

    def __init__(self, circular: NDArray[np.bool_], expected: Values) -> None:
        """Begin with standard deviations as ``expected`` [k]; ``circular`` [k]: an angle [rad]."""
        self._circular = circular
        self._expected = expected
        self._variance = expected**2
        k = len(expected)
        self._last, self._step = np.full(k, np.nan), np.full(k, np.nan)
        self._stamps, self._gap = np.full(k, np.nan), np.full(k, np.nan)

    def step(self, values: Values, stamp: float) -> Values:
        """Take in ``values`` [k], NaN where not seen, of ``stamp`` [s]; return the deviations."""
        gap = stamp - self._stamps
        new = np.isfinite(values) & ~(gap <= 0.0)
        step = apart(values, self._last, self._circular)
        three = new & np.isfinite(self._step) & np.isfinite(step)
        if three.any():
            w0 = gap[three] / (gap[three] + self._gap[three])
            off = w0 * self._step[three] - (1.0 - w0) * step[three]
            self._learn(three, off**2 / (1.0 + w0**2 + (1.0 - w0) ** 2))
        for kept, now in (
            (self._last, values),
            (self._step, step),
            (self._gap, gap),
            (self._stamps, np.full_like(values, stamp)),
        ):
            kept[new] = now[new]
        deviations: Values = np.maximum(np.sqrt(self._variance), _LEAST * self._expected)
        return deviations

    def _learn(self, three: NDArray[np.bool_], square: Values) -> None:
        known = np.maximum(self._variance[three], (_LEAST * self._expected[three]) ** 2)
        square = np.minimum(square, _OUTLIER**2 * known)
        self._variance[three] += (square - self._variance[three]) / _MEMORY
