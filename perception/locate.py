"""From a camera's pictures to where the targets are."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from perception.camera import Frame
from perception.diagnosis import why_unseen
from perception.edges import Gray
from perception.errors import CalibrationRefusedError, MarkerError
from perception.lens import Lens, Matrix
from perception.markers import Marker, MarkerDetector
from perception.rigid import inverse
from perception.target_pose import Prior, TargetPose, target_pose
from perception.targets import Target
from perception.tracker import Track, Tracker, turned

_AFRESH = 10  # pictures after which the whole of one is searched, for blocks with one id
_ASKED = 30  # pictures without markers after which it is asked anew why


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """A target in one picture.

    T_camera_target: [4, 4]. covariance: [6, 6] of its shift [m] and turn [rad] along the camera's
    axes, see ``PoseFit``. reprojection: root mean square error [px]. faces: ids that were seen.
    stamp: of the picture [s]. other: the second pose that a single square allows, where neither
    the picture nor what is known beforehand tells which it is; else None.
    """

    target: str
    T_camera_target: Matrix
    covariance: Matrix
    reprojection: float
    faces: tuple[int, ...]
    stamp: float
    other: Matrix | None


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What came of one picture.

    sightings, tracks: by target's name; a track's world is the base if the camera's place is
    known, else the camera. remarks: what is wrong, to be told. markers: all that are seen.
    """

    stamp: float
    sightings: dict[str, Sighting]
    tracks: dict[str, Track]
    remarks: tuple[str, ...]
    markers: tuple[Marker, ...]


class Locator:
    """Looks for targets in the pictures of one camera.

    It searches about where they were, and the whole picture where that finds less than before.
    """

    def __init__(
        self,
        lens: Lens,
        targets: Sequence[Target],
        T_base_camera: Matrix | None = None,
        lost_after: float = 0.5,
    ) -> None:
        """Look for ``targets`` of one dictionary.

        T_base_camera: of a camera that does not move; its z axis is up, away from the table.
        lost_after: how long a target may be out of sight before it is lost [s]. Raises
        MarkerError if two targets have one name or one id, or their dictionaries differ.
        """
        _check(targets)
        self.lens, self.targets, self.T_base_camera = lens, tuple(targets), T_base_camera
        self._dictionary = targets[0].dictionary
        self._detector = MarkerDetector(self._dictionary, lens)
        self._trackers = {target.name: Tracker(lost_after) for target in targets}
        self._ids = frozenset(number for target in targets for number in target.faces)
        self._last: list[Marker] = []
        self._stamp = -np.inf
        self._looks = self._asked = 0
        self._why = ""

    def look(self, frame: Frame, T_base_camera: Matrix | None = None) -> Look:
        """Return what is seen in ``frame``.

        T_base_camera: where a camera that moves was then. Raises CalibrationRefusedError if the
        lens is of pictures of another size.
        """
        self._check_size(frame)
        if frame.stamp <= self._stamp:
            late = f"a picture {1e3 * (self._stamp - frame.stamp):.0f} ms older than the last: left"
            return Look(frame.stamp, {}, self._tracks(self._stamp), (f"{late} out",), ())
        self._stamp = frame.stamp
        place = self.T_base_camera if T_base_camera is None else T_base_camera
        gray = _gray(frame)
        markers = self._markers(gray)
        remarks = self._causes(gray, markers)
        sightings: dict[str, Sighting] = {}
        for target in self.targets:
            try:
                self._see(target, markers, frame.stamp, place, sightings)
            except MarkerError as error:
                remarks.append(str(error))
        tracks = self._tracks(frame.stamp)
        return Look(frame.stamp, sightings, tracks, tuple(remarks), tuple(markers))

    def _see(
        self,
        target: Target,
        markers: Sequence[Marker],
        stamp: float,
        place: Matrix | None,
        sightings: dict[str, Sighting],
    ) -> None:
        """Add the sighting of ``target``, if any. Raises MarkerError."""
        seen = [marker for marker in markers if marker.id in target.faces]
        if not seen:
            return
        _check_single(target, seen)
        T_world_camera = np.eye(4) if place is None else place
        tracker = self._trackers[target.name]
        found = target_pose(target, seen, self.lens, self._prior(tracker, stamp, place))
        fit = found.best
        sightings[target.name] = _sighting(target, seen, found, stamp)
        covariance = turned(fit.covariance, T_world_camera)
        if not tracker.add(T_world_camera @ fit.pose, covariance, stamp):
            raise MarkerError(
                f"{target.name}: seen where it was not a moment ago; not yet believed"
            )

    def _prior(self, tracker: Tracker, stamp: float, place: Matrix | None) -> Prior:
        T_camera_world = np.eye(4) if place is None else inverse(place)
        track = tracker.at(stamp)
        known = track is not None and not track.lost
        previous = T_camera_world @ track.pose if track is not None and known else None
        return Prior(None if place is None else T_camera_world[:3, 2], previous)

    def _markers(self, gray: Gray) -> list[Marker]:
        """Return the targets' markers, from the neighbourhood of the last ones if that does."""
        self._looks += 1
        if self._last and self._looks % _AFRESH:
            corners = np.concatenate([marker.corners for marker in self._last])
            found = self._detector.detect_near(gray, corners, self._ids)
            if {marker.id for marker in found} >= {marker.id for marker in self._last}:
                self._last = found
                return found
        self._last = self._detector.detect(gray, self._ids)
        return self._last

    def _causes(self, gray: Gray, markers: list[Marker]) -> list[str]:
        """Return why nothing is seen, if so; asked once in a while, since it takes its time."""
        if markers:
            self._why = ""
            return []
        if self._looks - self._asked >= _ASKED or not self._why:
            self._asked, self._why = self._looks, self._cause(gray)
        return [self._why]

    def _cause(self, gray: Gray) -> str:
        others = self._detector.ids(gray)
        if not others:
            return why_unseen(gray, self.lens, self._dictionary)
        wanted, seen = (", ".join(map(str, sorted(ids))) for ids in (self._ids, set(others)))
        return f"none of the markers {wanted} is seen, but {seen}: which is on the target?"

    def _tracks(self, stamp: float) -> dict[str, Track]:
        tracks = {name: tracker.at(stamp) for name, tracker in self._trackers.items()}
        return {name: track for name, track in tracks.items() if track is not None}

    def _check_size(self, frame: Frame) -> None:
        if frame.size != tuple(self.lens.size):
            width, height = self.lens.size
            raise CalibrationRefusedError(
                f"the lens was calibrated for pictures of {width}x{height}, but these are"
                f" {frame.size[0]}x{frame.size[1]}; set the camera to that size, or calibrate it"
                " at this one: twinarm calibrate camera"
            )


def _sighting(target: Target, seen: Sequence[Marker], found: TargetPose, stamp: float) -> Sighting:
    return Sighting(
        target=target.name,
        T_camera_target=found.best.pose,
        covariance=found.best.covariance,
        reprojection=found.best.reprojection,
        faces=tuple(sorted(marker.id for marker in seen)),
        stamp=stamp,
        other=None if found.other is None else found.other.pose,
    )


def _gray(frame: Frame) -> Gray:
    gray: Gray = cv2.cvtColor(frame.image, cv2.COLOR_BGR2GRAY)
    return gray


def _check(targets: Sequence[Target]) -> None:
    if not targets:
        raise MarkerError("no target to look for")
    dictionaries = sorted({target.dictionary for target in targets})
    if len(dictionaries) > 1:
        raise MarkerError(f"targets of one dictionary only, not of {' and '.join(dictionaries)}")
    names = Counter(target.name for target in targets)
    ids = Counter(number for target in targets for number in target.faces)
    for what, counts in (("name", names), ("marker", ids)):
        twice = [key for key, count in counts.items() if count > 1]
        if twice:
            raise MarkerError(f"two targets have the {what} {twice[0]!r}: no one could tell which")


def _check_single(target: Target, seen: Sequence[Marker]) -> None:
    counts = Counter(marker.id for marker in seen)
    twice = [number for number, count in counts.items() if count > 1]
    if twice:
        raise MarkerError(
            f"{target.name}: marker {twice[0]} is seen {counts[twice[0]]} times; which block is"
            " meant cannot be told: cover one, or print it with another id"
        )
