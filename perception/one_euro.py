"""The One-Euro filter: hardly any jitter at rest, hardly any lag in motion.

Casiez, Roussel and Vogel, "1€ Filter: A Simple Speed-based Low-pass Filter for Noisy Input in
Interactive Systems", CHI 2012.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perception.noise_meter import NoiseMeter
from perception.turns import apart, wrapped

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Smoothness:
    """How a OneEuro trades jitter for lag.

    min_cutoff: of values at rest [Hz]. moving_cutoff: of values in motion [Hz]. beta: by how much
    that rises [Hz] for each standard deviation by which a value departs further than noise can
    explain. departure_cutoff: of that departure [Hz]. dead_zone: departure that noise explains
    [standard deviations]. hold: how long a value counts as moving after that [s], so that turning
    back is no rest.
    """

    min_cutoff: float = 0.01
    moving_cutoff: float = 1.2
    beta: float = 3.0
    departure_cutoff: float = 1.0
    dead_zone: float = 4.5
    hold: float = 1.0


class OneEuro:
    """Filters [k] values at times that need not be even.

    As in the paper, the cutoff rises with how far a low-passed value departs from the filtered
    one. What is more: that is counted in standard deviations of the noise, which is measured, and
    what noise explains does not count; a value in motion has a trend, so that it does not fall
    behind (a fading-memory filter of second order: Morrison, "Introduction to Sequential Smoothing
    and Prediction", 1969); and one that came to rest is averaged over all of its rest.
    """

    def __init__(
        self, circular: Flags, noise: Values, smoothness: Smoothness | None = None
    ) -> None:
        """Expect ``noise`` [k] standard deviations at first; ``circular`` [k]: an angle [rad]."""
        self._circular, self._smoothness = circular, smoothness or Smoothness()
        k = len(circular)
        self._meter = NoiseMeter(circular, noise)
        self._stamps = np.full(k, np.nan)
        self._values = np.full(k, np.nan)
        self._departure = np.zeros(k)
        self.trend = np.zeros(k)
        """How fast the filtered values change [k] [1/s]; none at rest."""
        self._quiet, self._resting = np.full(k, np.inf), np.zeros(k)

    def step(self, values: Values, stamp: float) -> Values:
        """Take in ``values`` [k], NaN where not seen, of the time ``stamp`` [s].

        Returns the filtered ones [k]; what is not seen stays as it was, NaN if it never was. A
        stamp that is not later than the last changes nothing.
        """
        seen = np.isfinite(values)
        first = seen & np.isnan(self._values)
        self._values[first], self._stamps[first] = values[first], stamp
        dt = np.where(seen & ~first, np.maximum(stamp - self._stamps, 0.0), 0.0)
        new = dt > 0.0
        noise = self._meter.step(values, stamp)
        ahead = self._values + self.trend * dt
        away = np.where(new, apart(values, ahead, self._circular), 0.0)
        raised = self._raised(away, noise, dt)
        filtered = self._filtered(ahead, away, self._cutoff(raised, dt), dt)
        self._keep_moving(noise, dt)
        filtered = np.where(self._circular, wrapped(filtered), filtered)
        self._values = np.where(new, filtered, self._values)
        self._stamps[new] = stamp
        return self._values.copy()

    def _raised(self, away: Values, noise: Values, dt: Values) -> Values:
        """Return by how much cutoffs rise [k] [Hz] for values ``away`` from where they were due."""
        set_to = self._smoothness
        share = _share(set_to.departure_cutoff, dt)
        self._departure += share * (away - self._departure)
        explained = np.maximum(noise * np.sqrt(share / (2.0 - share)), 1e-12)
        beyond = np.abs(self._departure) / explained - set_to.dead_zone
        raised: Values = np.where(dt > 0.0, set_to.beta * np.maximum(beyond, 0.0), 0.0)
        self._quiet = np.where(raised > 0.0, 0.0, self._quiet + dt)
        return raised

    def _filtered(self, ahead: Values, away: Values, cutoff: Values, dt: Values) -> Values:
        """Return the values [k] for ones that are ``away`` from where they were due, ``ahead``."""
        moving, share = self._moving(), _share(cutoff, dt)
        # Second order with both poles at 1 - share, first order at rest.
        gain = np.where(moving, share * (2.0 - share), share)
        steeper = share**2 * away / np.maximum(dt, 1e-9)
        self.trend = np.where(moving, self.trend + steeper, 0.0)
        filtered: Values = ahead + gain * away
        return filtered

    def _cutoff(self, raised: Values, dt: Values) -> Values:
        """Return the cutoffs [k] [Hz], ``raised`` ones in motion."""
        set_to, moving = self._smoothness, self._moving()
        self._resting = np.where(moving, 1.0 / set_to.moving_cutoff, self._resting + dt)
        at_rest = np.maximum(set_to.min_cutoff, _mean_cutoff(self._resting))
        return np.where(moving, set_to.moving_cutoff + raised, at_rest)

    def _moving(self) -> Flags:
        moving: Flags = self._quiet <= self._smoothness.hold
        return moving

    def _keep_moving(self, noise: Values, dt: Values) -> None:
        """Let a steady motion, from which nothing departs, be no rest."""
        explained = noise * _trend_noise(_share(self._smoothness.moving_cutoff, dt), dt)
        self._quiet[np.abs(self.trend) > self._smoothness.dead_zone * explained] = 0.0


def _mean_cutoff(elapsed: Values) -> Values:
    """Return the cutoff [Hz] that makes a low-pass the mean over the time ``elapsed`` [s]."""
    return 1.0 / (2.0 * np.pi * np.maximum(elapsed, 1e-9))


def _trend_noise(share: Values, dt: Values) -> Values:
    """Return the standard deviation of a trend [1/s] for noise of 1; infinite for no time at all.

    Of an alpha-beta filter (Bar-Shalom, "Estimation with Applications to Tracking", 2001, 6.5).
    """
    alpha, beta = share * (2.0 - share), share**2
    variance = 2.0 * beta**2 / np.maximum(alpha * (4.0 - 2.0 * alpha - beta), 1e-30)
    return np.where(dt > 0.0, np.sqrt(variance) / np.maximum(dt, 1e-9), np.inf)


def _share(cutoff: float | Values, dt: Values) -> Values:
    """Return by how much of a step a low-pass of ``cutoff`` [Hz] follows within ``dt`` [s].

    Exact for a step held over ``dt``, so that how time is cut does not matter.
    """
    share: Values = -np.expm1(-2.0 * np.pi * cutoff * dt)
    return share
