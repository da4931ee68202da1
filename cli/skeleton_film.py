"""Films the person that a camera's pictures show, with skeleton and hands drawn in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from threading import Event

import numpy as np

from cli.ctrl_c import ctrl_c_noted
from perception.camera import Camera, Frame, Picture
from perception.errors import CameraError
from perception.landmarker import Landmarker
from perception.person import Person
from perception.skeleton import skeleton
from sim.video import write_video

_FASTEST = 120
"""Pictures a second of a video at most [Hz]."""


@dataclass(slots=True)
class Tally:
    """How many pictures there were, in how many there was whom, and what ended them early."""

    pictures: int = 0
    people: int = 0
    hands: int = 0
    fault: str = ""

    def add(self, person: Person | None) -> None:
        """Count one more picture."""
        self.pictures += 1
        self.people += person is not None
        self.hands += person is not None and (person.left or person.right) is not None


def film_person(
    camera: Camera,
    landmarker: Landmarker,
    out: Path,
    words: Callable[[Person | None], list[str]] = lambda person: [],
) -> Tally:
    """Write the pictures of ``camera`` to ``out`` (.mp4) with who is in them; both are open.

    words: what to write into a picture with that person. A camera that fails, or Ctrl-C, ends
    the film, and what there was is kept. Raises CameraError if there was not one picture,
    RobotError if the video cannot be written.
    """
    tally = Tally()
    with ctrl_c_noted() as pressed:
        frames = _frames(camera, pressed, tally)
        first = list(islice(frames, 2))
        if not first:
            raise CameraError(tally.fault or f"{camera.name}: no picture in it")
        drawn = _drawn(chain(first, frames), landmarker, words, tally)
        rate = _rate(first)
        write_video(out, _paced(drawn, first[0].stamp, rate), rate)
    return tally


def _frames(camera: Camera, pressed: Event, tally: Tally) -> Iterator[Frame]:
    try:
        while not pressed.is_set() and (frame := camera.read()) is not None:
            yield frame
    except CameraError as error:
        tally.fault = str(error)


def _drawn(
    frames: Iterator[Frame],
    landmarker: Landmarker,
    words: Callable[[Person | None], list[str]],
    tally: Tally,
) -> Iterator[tuple[float, Picture]]:
    """Yield the stamp [s] and picture of every frame, cut to an even size, RGB."""
    for frame in frames:
        person = landmarker.detect(frame)
        tally.add(person)
        height, width = frame.image.shape[:2]
        even = skeleton(frame.image, person, words(person))[: height // 2 * 2, : width // 2 * 2]
        yield frame.stamp, np.ascontiguousarray(even[:, :, ::-1])


def _paced(drawn: Iterator[tuple[float, Picture]], start: float, rate: int) -> Iterator[Picture]:
    """Yield pictures ``rate`` times a second: one stands for those that a live camera dropped."""
    due = 0
    for stamp, picture in drawn:
        while due <= round((stamp - start) * rate):
            yield picture
            due += 1


def _rate(frames: list[Frame]) -> int:
    """Return how many pictures a second there are, going by the first two."""
    spacing = frames[-1].stamp - frames[0].stamp
    return round(min(_FASTEST, max(1.0, 1.0 / spacing))) if spacing > 0.0 else 1
