"""Notes, episode by episode, what a policy was told, what was true, and how old its picture was."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from cli.deployment import Deployment, Outcome
from cli.marker_sight import Located, heading
from cli.sight import Sight
from cli.tables import Table
from perception.jpeg import encode
from perception.locate import Look
from perception.tracker import Track
from perception.watch import Watched
from robot.command import ArmState, Vector
from robot.grasp_run import Tick


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """Where block and tool truly are [3] [m, base frame], and how the block is turned [rad]."""

    block: Vector
    yaw: float
    tool: Vector


Judge = Callable[[], Truth]
"""Tells the truth, where anybody knows it."""


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """Where a camera has the block as the arm sets out to grasp it.

    position [3] [m, base frame], yaw [rad] within 45 deg, std: of the position [m], scatter: of
    single looks about their mean, root mean square along each axis [m].
    """

    position: Vector
    yaw: float
    std: float
    scatter: float


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A picture as a JPEG file, since a raw one takes 0.9 MB, and what was located in it."""

    jpeg: bytes
    look: Look


@dataclass(slots=True)
class Attempt:
    """One ``episode`` of one side, as far as it is known.

    set_out: whether the policy took over. truth, seen: as the arm sets out, or gives up. miss:
    from the tool to the block's middle as the jaws begin to close, over the table [m]. shown:
    the newest picture before the arm set out, or gave up, of an attempt that has ended. ages: of
    the picture behind what the policy was told, at each of its steps [s]. took: to locate [s], and
    delays: from taking a picture to knowing what it shows [s], a picture each.
    """

    episode: int
    outcome: Outcome | None = None
    set_out: bool = False
    truth: Truth | None = None
    seen: Estimate | None = None
    miss: float | None = None
    shown: Shown | None = None
    ages: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)

    def time(self, watched: Watched) -> None:
        """Keep how long a picture took."""
        self.took.append(watched.took)
        self.delays.append(watched.age)


@dataclass(slots=True)
class Side:
    """One side of the gap: its attempts, and all that its arm did."""

    attempts: list[Attempt] = field(default_factory=list)
    done: Deployment = field(default_factory=Deployment)

    @property
    def ended(self) -> list[Attempt]:
        """Return the attempts that came to their end."""
        return [attempt for attempt in self.attempts if attempt.outcome is not None]


class NotedTable:
    """A table like the one inside, of which notes are taken."""

    def __init__(
        self,
        table: Table,
        sight: Sight,
        judge: Judge | None,
        side: Side,
        numbers: Sequence[int],
    ) -> None:
        """Note in ``side`` what ``sight`` tells and ``judge`` knows of ``table``.

        numbers: under which each of its episodes is noted.
        """
        self._table, self._judge, self._side, self._numbers = table, judge, side, numbers
        self._sight = sight if isinstance(sight, Located) else None
        self.put_back = table.put_back
        self._phase, self._laid = "", 0.0
        self._to_show: Watched | None = None
        self._last: Watched | None = None

    def lay(self, episode: int) -> None:
        """Begin a new attempt."""
        self._side.attempts.append(Attempt(self._numbers[episode]))
        self._phase, self._to_show = "", None
        self._table.lay(episode)
        self._laid = time.monotonic()

    def measure(self) -> ArmState:
        """Measure the arm."""
        return self._table.measure()

    def watch(self, tick: Tick) -> None:
        """Note what belongs to this control period."""
        self._table.watch(tick)
        begins, self._phase = tick.phase != self._phase, tick.phase
        if tick.phase == "policy":
            self._policy_step(begins)
        elif tick.phase == "close" and begins and self._judge is not None:
            now = self._judge()
            self._newest.miss = float(np.hypot(*(now.tool - now.block)[:2]))

    def held(self) -> bool | None:
        """Return whether the block was lifted and held."""
        return self._table.held()

    def end(self, outcome: Outcome) -> None:
        """Note how the attempt ended; of one that never set out, what was seen last."""
        attempt = self._newest
        attempt.outcome = outcome
        if not attempt.set_out:
            self._gave_up(attempt)
        if self._to_show is not None:
            attempt.shown = Shown(encode(self._to_show.frame.image), self._to_show.look)

    @property
    def _newest(self) -> Attempt:
        return self._side.attempts[-1]

    def _gave_up(self, attempt: Attempt) -> None:
        sight = self._sight
        if self._judge is not None:
            attempt.truth = self._judge()
        if sight is not None and sight.seen is not None and sight.seen.frame.stamp > self._laid:
            self._to_show = sight.seen
            attempt.time(sight.seen)
            attempt.seen = _seen(sight, next(iter(sight.seen.look.tracks.values()), None))

    def _policy_step(self, first: bool) -> None:
        attempt, sight = self._newest, self._sight
        attempt.set_out = True
        if first and self._judge is not None:
            attempt.truth = self._judge()
        if sight is None or sight.seen is None:
            return
        if first:
            attempt.seen, self._to_show = _seen(sight, sight.track), sight.seen
        if first or sight.seen is not self._last:
            attempt.time(sight.seen)
        self._last = sight.seen
        attempt.ages.append(time.monotonic() - sight.seen.frame.stamp)


def _seen(sight: Located, track: Track | None) -> Estimate | None:
    """Return where ``sight`` has the block by ``track``; None if that is lost, or was never."""
    if track is None or track.lost:
        return None
    looks = np.array([sighting.T_camera_target[:3, 3] for sighting in sight.sightings])
    # In the camera's frame: it rests meanwhile, and a turn does not change how far looks scatter.
    scatter = float(np.sqrt(looks.var(axis=0, ddof=1).mean())) if len(looks) > 1 else float("nan")
    return Estimate(track.pose[:3, 3].copy(), heading(track), track.position_std, scatter)


def folded(angle: float) -> float:
    """Return the turn of a square thing [rad], within 45 deg: quarter turns are none."""
    return float((angle + np.pi / 4) % (np.pi / 2) - np.pi / 4)
