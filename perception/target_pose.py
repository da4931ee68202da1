"""One pose from all markers of a target that are seen, where one square alone leaves two."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from perception.errors import MarkerError
from perception.lens import Lens, Matrix
from perception.markers import Marker
from perception.reprojection import PoseFit, Seen, fit_pose
from perception.rigid import difference, inverse
from perception.square_pose import square_corners, square_starts
from perception.targets import Target

DOUBT = 9.0
"""Two poses whose costs differ by less are both possible: three standard deviations."""

_CROOKED = np.radians(4.0)  # how far a block on a table leans, standard deviation [rad]
_TURNED = np.radians(15.0)  # how far a target turns between two pictures [rad]
_MOST = 50.0  # cost of one prior at most: it may be the one that is wrong
_SAME = np.radians(1.0)  # poses nearer to each other are one [rad]
_STRETCHED = 5.0  # standard deviations of a cube's size that no cube is off
_MISFIT = 0.03  # reprojection error that is too large, as a share of a marker's side
_FACED = np.cos(np.radians(88.0))  # a printed face is seen from the front only


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """What is known before looking, in the camera's frame.

    up: unit vector away from the table [3]. previous: ``T_camera_target`` shortly before.
    """

    up: Matrix | None = None
    previous: Matrix | None = None


@dataclass(frozen=True, slots=True, eq=False)
class TargetPose:
    """best: the likeliest pose. other: the second one, if the picture and the prior allow it."""

    best: PoseFit
    other: PoseFit | None


def target_pose(
    target: Target, markers: Sequence[Marker], lens: Lens, prior: Prior | None = None
) -> TargetPose:
    """Return the pose that explains all ``markers`` of ``target`` at once; at least one.

    Raises MarkerError if none does: markers that are not on one such target, or wrong sizes.
    """
    seen = _seen(target, markers)
    fits = [fit_pose(seen, lens, start) for start in _starts(target, markers, lens)]
    fits = [fit for fit in fits if _faces_camera(target, markers, fit.pose)] or fits
    known = prior or Prior()
    costs = np.array([fit.chi2 + _prior_cost(target, fit.pose, known) for fit in fits])
    order = costs.argsort()
    best = fits[order[0]]
    _check_fit(target, markers, best)
    rivals = [fits[i] for i in order[1:] if costs[i] - costs[order[0]] < DOUBT]
    other = next((fit for fit in rivals if difference(fit.pose, best.pose)[1] > _SAME), None)
    return TargetPose(_widened(best, len(markers)), other)


def _seen(target: Target, markers: Sequence[Marker]) -> Seen:
    outline = square_corners(target.tag)
    faces = [target.faces[marker.id] for marker in markers]
    return Seen(
        points=np.concatenate([outline @ face[:3, :3].T + face[:3, 3] for face in faces]),
        pixels=np.concatenate([marker.corners for marker in markers]),
        noise=np.repeat([marker.noise for marker in markers], 4),
        slack=np.repeat([target.slack * face[:3, 2] for face in faces], 4, axis=0),
    )


def _starts(target: Target, markers: Sequence[Marker], lens: Lens) -> list[Matrix]:
    """Return the ``T_camera_target`` that the largest marker allows."""
    largest = max(markers, key=lambda marker: marker.side)
    T_face_target = inverse(target.faces[largest.id])
    starts = square_starts(largest.corners, target.tag, lens)
    return [T_camera_face @ T_face_target for T_camera_face in starts]


def _faces_camera(target: Target, markers: Sequence[Marker], pose: Matrix) -> bool:
    seen = (pose @ target.faces[marker.id] for marker in markers)
    return all(-face[:3, 2] @ face[:3, 3] > _FACED * np.linalg.norm(face[:3, 3]) for face in seen)


def _prior_cost(target: Target, pose: Matrix, prior: Prior) -> float:
    cost = 0.0
    if prior.up is not None:
        cosine = (target.upright @ pose[:3, :3].T @ prior.up).max()
        cost += min(float(np.arccos(np.clip(cosine, -1, 1)) / _CROOKED) ** 2, _MOST)
    if prior.previous is not None:
        _, turn = difference(pose, prior.previous)
        cost += min((turn / _TURNED) ** 2, _MOST)
    return cost


def _check_fit(target: Target, markers: Sequence[Marker], fit: PoseFit) -> None:
    side = float(np.mean([marker.side for marker in markers]))
    if fit.reprojection <= max(1.0, _MISFIT * side) and abs(fit.slack) < _STRETCHED:
        return
    size = f"{target.tag * 1e3:g} mm"
    if len(markers) == 1:
        raise MarkerError(
            f"{target.name}: marker {markers[0].id} is no flat square: it misses one by"
            f" {fit.reprojection:.1f} px; is the print bent, or this the camera's lens file?"
        )
    numbers = ", ".join(map(str, sorted(marker.id for marker in markers)))
    larger = 2.0 * fit.slack * target.slack
    if abs(larger) > target.tag:
        raise MarkerError(
            f"{target.name}: markers {numbers} are too far apart for one target of the size that is"
            " configured: are two blocks in sight? Take one away"
        )
    misfit = f"by {fit.reprojection:.1f} px"
    if abs(fit.slack) >= _STRETCHED:
        misfit = f"as if it were {1e3 * abs(larger):.1f} mm {'larger' if larger > 0 else 'smaller'}"
    raise MarkerError(
        f"{target.name}: markers {numbers} contradict each other, {misfit}; are they all on this"
        f" one target, is the tag's black square {size} wide, and is the target as large as"
        " configured?"
    )


def _widened(fit: PoseFit, faces: int) -> PoseFit:
    """Return ``fit`` less sure if its faces fit each other worse than their pixels' noise says.

    Prints are glued on by hand; what that adds shows only where two faces or more are seen.
    """
    freedom = 8 * faces - 6
    excess = fit.chi2 / freedom
    if faces == 1 or excess <= 1:
        return fit
    return replace(fit, covariance=fit.covariance * excess)
