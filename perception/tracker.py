"""A target's pose over time: what is seen again is averaged, what cannot be is kept out."""

from dataclasses import dataclass

import numpy as np

from perception.lens import Matrix
from perception.rigid import moved, vector_of

_DRIFT = np.repeat([1e-3, np.radians(1.0)], 3)  # of a target that rests [m, rad per root second]
_SHARED = 0.5  # part of a sighting's variance that all share: print, size, lens, light
_GATE = 22.46  # chi2 of six degrees of freedom that one sighting in a thousand exceeds
_PATIENCE = 3  # sightings of one other place in a row: the target was moved there


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """Where a target is thought to be.

    pose: ``T_world_target`` [4, 4]. covariance: [6, 6], see ``PoseFit``, along the world's axes.
    unseen: how long ago it was seen last [s]. lost: for longer than the tracker bears.
    """

    pose: Matrix
    covariance: Matrix
    unseen: float
    lost: bool

    @property
    def position_std(self) -> float:
        """Return the standard deviation along the least certain direction [m]."""
        return position_std(self.covariance)


class Tracker:
    """Kalman filter on SE(3) of one target that rests or is moved now and then.

    Its steps are shifts and turns in the world's frame (``rigid.moved``). Half of the variance of
    sightings is taken to be common to them, so that no number of them makes it go away.
    """

    def __init__(self, lost_after: float = 0.5) -> None:
        """Call a target lost when it was not seen for longer than ``lost_after`` [s]."""
        self._lost_after = lost_after
        self._pose: Matrix | None = None
        self._covariance = self._shared = np.eye(6)
        self._seen = -np.inf
        self._elsewhere: list[Matrix] = []

    def add(self, pose: Matrix, covariance: Matrix, stamp: float) -> bool:
        """Take in a sighting; return whether it was believed.

        pose: ``T_world_target``. stamp: of the picture [s]; an older one than the last is not
        believed. A target seen at one other place several times in a row was moved there.
        """
        if stamp <= self._seen:
            return False
        if self._pose is None or stamp - self._seen > self._lost_after:
            return self._begin(pose, covariance, stamp)
        prior = self._covariance + np.diag(_DRIFT**2) * (stamp - self._seen)
        miss = error_between(self._pose, pose)
        if _distance(miss, prior + covariance) > _GATE:
            return self._doubt(pose, covariance, stamp)
        gain = np.linalg.solve(prior + (1 - _SHARED) * covariance, prior).T
        self._pose = moved(self._pose, gain @ miss)
        self._covariance = _symmetric(prior - gain @ prior)
        self._shared, self._seen = _SHARED * covariance, stamp
        self._elsewhere.clear()
        return True

    def at(self, stamp: float) -> Track | None:
        """Return the track at ``stamp`` [s]; None before anything was seen."""
        if self._pose is None:
            return None
        unseen = max(0.0, stamp - self._seen)
        covariance = self._covariance + self._shared + np.diag(_DRIFT**2) * unseen
        return Track(self._pose, covariance, unseen, unseen > self._lost_after)

    def _doubt(self, pose: Matrix, covariance: Matrix, stamp: float) -> bool:
        if self._elsewhere:
            spread = 2 * covariance + np.diag(_DRIFT**2)
            if _distance(error_between(self._elsewhere[-1], pose), spread) > _GATE:
                self._elsewhere.clear()
        self._elsewhere.append(pose)
        return len(self._elsewhere) >= _PATIENCE and self._begin(pose, covariance, stamp)

    def _begin(self, pose: Matrix, covariance: Matrix, stamp: float) -> bool:
        self._pose, self._seen = pose, stamp
        self._covariance, self._shared = (1 - _SHARED) * covariance, _SHARED * covariance
        self._elsewhere.clear()
        return True


def error_between(pose: Matrix, other: Matrix) -> Matrix:
    """Return the shift [m] and the turn [rad], [6], that ``rigid.moved`` takes pose to other by."""
    turn = vector_of(other[:3, :3] @ pose[:3, :3].T)
    return np.concatenate([other[:3, 3] - pose[:3, 3], turn])


def position_std(covariance: Matrix) -> float:
    """Return the standard deviation of a position along its least certain direction [m]."""
    return float(np.sqrt(np.linalg.eigvalsh(covariance[:3, :3])[-1]))


def turned(covariance: Matrix, T_a_b: Matrix) -> Matrix:
    """Return a ``covariance`` [6, 6] along the axes of frame b along those of frame a."""
    turn = np.kron(np.eye(2), T_a_b[:3, :3])
    return turn @ covariance @ turn.T


def _distance(miss: Matrix, covariance: Matrix) -> float:
    return float(miss @ np.linalg.solve(covariance, miss))


def _symmetric(matrix: Matrix) -> Matrix:
    return (matrix + matrix.T) / 2
