"""Where a body will be in the next picture, so that hands need not wait for it to be found."""

from dataclasses import replace

from perception.landmarker_results import Body

_SOON = 0.05
"""After how long a guess is none [s]: at 15 fps hands that wave at 1.5 Hz were lost by it."""


class BodyGuess:
    """Prolongs the motion of the last two pictures."""

    def __init__(self) -> None:
        """Begin without a picture."""
        self._last: tuple[Body, float] | None = None
        self._before: tuple[Body, float] | None = None

    def add(self, body: Body | None, stamp: float) -> None:
        """Take in who is in the picture of ``stamp`` [s]; None for nobody."""
        self._before = None if body is None else self._last
        self._last = None if body is None else (body, stamp)

    def at(self, stamp: float) -> Body | None:
        """Return where landmarks will be at ``stamp`` [s]; None if that cannot be told."""
        if self._last is None or self._before is None or stamp - self._last[1] > _SOON:
            return None
        (last, then), (before, earlier) = self._last, self._before
        share = (stamp - then) / max(then - earlier, 1e-6)
        moved = min(max(share, 0.0), 1.0) * (last.image - before.image)
        return replace(last, image=last.image + moved)
