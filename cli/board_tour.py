"""An arm that goes from pose to pose and a camera that looks at a board from each."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from perception.board import Board
from perception.board_doubts import why_unseen
from perception.camera import Camera, Frame
from perception.errors import CalibrationRefusedError, CameraError
from perception.hand_eye_model import HandEyeView
from perception.lens import Lens
from robot.command import Vector
from robot.pilot import Pilot
from robot.tour import come_from
from robot.viewpoints import Viewpoint

FEWEST_CORNERS = 8
"""Of the board in one picture, for it to count."""
SEEN = 0.6
"""Share of the looks at which the board must have been seen."""

_LATE = 0.05  # [s] after which a picture shows the arm at rest: its exposure, and clocks
_PATIENCE = 3.0  # [s] for such a picture, each read of the camera apart


@dataclass(frozen=True, slots=True)
class Watch:
    """Who moves the arm, the camera, its lens, and the board that it looks for."""

    pilot: Pilot
    camera: Camera
    lens: Lens
    board: Board
    clock: Callable[[], float]

    def look(self, pose: Vector, side: Vector, *, near: bool = False) -> HandEyeView | None:
        """Return the board as seen with the arm at ``pose`` [n], come to from ``side`` [n].

        None if it is not in sight. Raises ArmError, UnreachableError, CameraError, and
        CalibrationRefusedError for pictures of another size than the lens's.
        """
        measured = come_from(self.pilot, pose, side, near=near)
        frame = self._newest()
        if frame.size != self.lens.size:
            raise CalibrationRefusedError(
                f"pictures of {self.camera.name} are {frame.size[0]}x{frame.size[1]}, the lens was"
                f" calibrated for {self.lens.size[0]}x{self.lens.size[1]}: set the camera back to"
                " that, or calibrate its lens at this size (twinarm calibrate camera)"
            )
        seen = self.board.detect(frame.image)
        if seen is None or len(seen.ids) < FEWEST_CORNERS:
            return None
        return HandEyeView(measured, side, seen.points, seen.pixels)

    def why_unseen(self) -> str:
        """Return why the board does not show from where the arm is, as far as a picture tells."""
        return why_unseen(self.board, self._newest().image)

    def tour(self, points: Sequence[Viewpoint]) -> Iterator[HandEyeView | None]:
        """Yield two looks a point, one from either side, and at the end the first one again."""
        for point in points:
            for turn, side in enumerate((point.side, -point.side)):
                yield self.look(point.pose, side, near=turn > 0)
        yield self.look(points[0].pose, points[0].side)

    def _newest(self) -> Frame:
        """Return a picture taken since the arm stands still, which it goes on doing."""
        since = self.clock() + _LATE
        while True:
            self.pilot.look()
            frame = self.camera.read()
            if frame is None:
                raise CameraError(f"{self.camera.name} has ended: it takes a camera that goes on")
            if frame.stamp > since:
                return frame
            if self.clock() > since + _PATIENCE:
                raise CameraError(
                    f"{self.camera.name}: its pictures are {self.clock() - frame.stamp:.1f} s old"
                    " when they come: take a nearer camera, or one over the arm's own bridge"
                )


def enough(views: Sequence[HandEyeView | None]) -> list[HandEyeView]:
    """Return the views there are. Raises CalibrationRefusedError if that is too few."""
    seen = [view for view in views if view is not None]
    if len(seen) < SEEN * len(views):
        raise CalibrationRefusedError(
            f"the board was seen at {len(seen)} of {len(views)} looks: put more light on it, keep"
            " everything out from between it and the camera, and use the board that was printed"
            " (--board)"
        )
    return seen
