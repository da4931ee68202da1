"""Views of a board gathered from a camera, with words for whoever holds the board."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from perception.board import Board
from perception.board_doubts import why_unseen
from perception.camera import Camera, Frame
from perception.errors import CalibrationRefusedError
from perception.intrinsics import FEWEST_VIEWS
from perception.views import Coverage

HINT_S = 2.0
"""[s] Between hints while somebody moves the board: time to read them."""


@dataclass(slots=True)
class Gathered:
    """The views kept, the number of the picture of each, and why others were not."""

    coverage: Coverage
    pictures: list[int] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    seen: int = 0

    def check(self) -> None:
        """Raise CalibrationRefusedError if there are too few, with the commonest reason."""
        if len(self.pictures) >= FEWEST_VIEWS:
            return
        why = "".join(
            f"; the commonest reason ({times} times): {reason}"
            for reason, times in self.refusals.most_common(1)
        )
        raise CalibrationRefusedError(
            f"usable views of the board: {len(self.pictures)} in {self.seen} pictures; at least "
            f"{FEWEST_VIEWS} are needed, each of the board held otherwise{why}"
        )


def gather(camera: Camera, board: Board, wanted: int, seconds: float, every: bool) -> Gathered:
    """Return views of ``board`` from ``camera``, which is open, telling each one kept and why not.

    every: look at each picture to the end, and tell of each: a folder of images. Otherwise until
    ``wanted`` views show all that is needed, at most ``seconds`` [s] of pictures; hints are told
    now and then. Raises CameraError, and CalibrationRefusedError if there are no pictures.
    """
    gathered: Gathered | None = None
    told = -float("inf")
    for frame in _frames(camera, float("inf") if every else seconds):
        gathered = gathered or Gathered(Coverage(frame.size))
        why = _look(gathered, board, frame)
        if every or why is None or frame.stamp - told >= HINT_S:
            print(_line(gathered, why, wanted, every), flush=True)
            told = frame.stamp
        coverage = gathered.coverage
        if not every and len(coverage.views) >= wanted and not coverage.missing:
            break
    if gathered is None:
        raise CalibrationRefusedError(f"{camera.name}: there are no pictures in it")
    return gathered


def _frames(camera: Camera, seconds: float) -> Iterator[Frame]:
    """Yield pictures to the end of the recording, or for ``seconds`` [s]."""
    start: float | None = None
    while (frame := camera.read()) is not None:
        start = frame.stamp if start is None else start
        if frame.stamp - start > seconds:
            return
        yield frame


def _look(gathered: Gathered, board: Board, frame: Frame) -> str | None:
    """Keep the view in ``frame`` if it helps; return why not otherwise."""
    gathered.seen += 1
    view = board.detect(frame.image)
    if view is None:
        why: str | None = why_unseen(board, frame.image)
    else:
        why = gathered.coverage.refusal(view)
    if view is None or why is not None:
        gathered.refusals[why or ""] += 1
        return why
    gathered.coverage.add(view)
    gathered.pictures.append(gathered.seen)
    return None


def _line(gathered: Gathered, why: str | None, wanted: int, every: bool) -> str:
    count = len(gathered.pictures)
    if why is not None:
        line = f"  picture {gathered.seen}: {why}"
    else:
        corners = len(gathered.coverage.views[-1].ids)
        line = f"  picture {gathered.seen}: view {count}, {corners} corners"
    if every:
        return line
    missing = gathered.coverage.missing
    return f"{line}; {count} of {wanted}" + (f", next: {missing[0]}" if missing else "")
