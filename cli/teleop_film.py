"""Films what teleoperation showed, afterwards, so that filming never slows the arm."""

from collections import deque
from pathlib import Path

from cli.teleop_picture import Painter, Shot
from robot.model import ArmModel
from sim.video import write_video

SHOTS = 10
"""A second."""

MOST_SHOTS = 6000
"""Ten minutes; of a longer run the film shows the end."""


class TeleopFilm:
    """``film.add(shot)``, and at the end ``film.write(out)``."""

    def __init__(self) -> None:
        self._shots: deque[Shot] = deque(maxlen=MOST_SHOTS)

    def __len__(self) -> int:
        return len(self._shots)

    def add(self, shot: Shot) -> None:
        """Keep ``shot``."""
        self._shots.append(shot)

    def write(self, out: Path, model: ArmModel) -> int:
        """Write it as ``out`` (.mp4) with an arm of ``model``; return the number of pictures.

        Raises RobotError if it cannot be written.
        """
        # One size throughout: what was before a camera's first picture is left out.
        photos = [shot for shot in self._shots if shot.photo is not None]
        with Painter(model) as painter:
            return write_video(out, map(painter.paint, photos or self._shots), SHOTS)
