"""One position servo as numbers: its profile, lag, play, obstacles and stall."""

from collections import deque
from dataclasses import dataclass
from math import exp, inf
from typing import NamedTuple

from hardware.emulation.profile import Phase, trapezoid

_MOVING_STEP_S = 0.004
"""So short that the play is right where the shaft turns between two looks."""
_RESTING_STEP_S = 0.1
_SETTLED = 1e-3


class Move(NamedTuple):
    """Where a servo is sent: in ``duration_s`` (0 = fastest), no faster than ``speed``.

    target: [counts]; speed: [counts/s].
    """

    target: int
    duration_s: float
    speed: float = inf


class Look(NamedTuple):
    """What a servo knows of itself.

    position: [counts]. torque: whether it holds. overloaded: whether it went limp in a stall.
    """

    position: int
    torque: bool
    overloaded: bool


@dataclass(frozen=True, slots=True)
class ServoTraits:
    """What ``ServoErrors`` says, of one servo in its counts.

    grid, origin: positions are multiples of ``grid`` from ``origin`` [counts].
    lowest, highest: ends of its travel [counts].
    """

    speed: float
    acceleration: float
    lag_s: float
    backlash: float
    dead_band: float
    stall_error: float
    stall_s: float
    lowest: int
    highest: int
    grid: float = 1.0
    origin: float = 0.0

    def quantised(self, count: float) -> int:
        """Return the position that a servo on this grid knows nearest to ``count``."""
        return round(self.origin + self.grid * round((count - self.origin) / self.grid))


class EmulatedServo:
    """A servo that is advanced to a time before it is looked at or commanded. Times in [s].

    ``place`` is where the shaft is [counts]; ``link`` is where the joint on it is, which lags
    behind by up to half the backlash. Exact between steps: a trapezoid behind a first-order lag.
    """

    def __init__(self, traits: ServoTraits, place: float, now: float) -> None:
        """Start limp at ``place``, freshly powered."""
        self._traits = traits
        self._time = now
        self.place = self.link = place
        self._low, self._high = -inf, inf
        self.power_up()

    def power_up(self) -> None:
        """Be limp, with a target register of 0: torque would send it to the end of its travel."""
        self.limp()
        self.target = self._traits.lowest
        self.overloaded = False

    def limp(self) -> None:
        """Stay where the shaft is, without torque; the target is remembered."""
        self.torque = False
        self._pending: deque[tuple[float, Move]] = deque()
        self._rest()

    def hold(self) -> None:
        """Set torque: go at once, as fast as it can, to the last target."""
        self.overloaded = False
        if not self.torque:
            self.torque = True
            self._rest()
            self._plan(Move(self.target, 0.0))

    def move(self, move: Move, starts: float) -> None:
        """Begin ``move`` at the time ``starts``; without torque, remember its target."""
        if self.torque:
            self._pending.append((starts, move))
        else:
            self.target = move.target

    def push(self, counts: float) -> None:
        """Lean on the shaft until pushed by 0; a limp one just stays where it was pushed to."""
        if not self.torque:
            self.put(self.place + counts)
            return
        self._pushed = counts
        self._let_loose()
        self._follow()

    def put(self, place: float) -> None:
        """Take the limp shaft by hand to ``place``, within its travel."""
        self.place = min(self._traits.highest, max(self._traits.lowest, place))
        self._rest()
        self._follow()

    def block(self, count: float | None, above: bool | None = None) -> None:
        """Put an obstacle there, on the side it is on; None takes all away.

        above: whether it is met from below, where that is known; it then pushes back a shaft
        that has passed it.
        """
        self._low, self._high = -inf, inf
        if count is not None and (self.place <= count if above is None else above):
            self._high = count
        elif count is not None:
            self._low = count
        self._let_loose()
        self._follow()

    @property
    def strain(self) -> float:
        """Return how far beyond the obstacle it is at it wants to be [counts]; 0 if at none."""
        return 0.0 if self._low < self.place < self._high else self._aim - self.place

    def measured(self) -> int:
        """Return what the position sensor reads [counts]."""
        return self._traits.quantised(self.place)

    def look(self) -> Look:
        """Return what it knows of itself."""
        return Look(self.measured(), self.torque, self.overloaded)

    def advance(self, now: float) -> None:
        """Live until ``now``."""
        while self._pending and self._pending[0][0] <= now:
            starts, move = self._pending.popleft()
            self._run(starts)
            self.target = move.target
            if self.torque:
                self._plan(move)
        self._run(now)

    def _rest(self) -> None:
        """Forget the profile: be at rest where the shaft is."""
        self._aim, self._velocity, self._lagged = self.place, 0.0, self.place
        self._phases: deque[Phase] = deque()
        self._pushed = 0.0
        self._stalled_since = inf

    def _let_loose(self) -> None:
        """Return to the target at full speed, from here, if nothing is in the way any more."""
        if self.torque and (self._pushed, self._low, self._high) == (0.0, -inf, inf):
            self._rest()
            self._plan(Move(self.target, 0.0))

    def _plan(self, move: Move) -> None:
        traits = self._traits
        target = min(traits.highest, max(traits.lowest, traits.quantised(move.target)))
        distance = target - self._aim
        if self._velocity == 0.0 and abs(distance) <= traits.dead_band:
            return
        speed = min(traits.speed, move.speed)
        self._phases = deque(
            trapezoid(distance, self._velocity, move.duration_s, speed, traits.acceleration)
        )
        self._end = float(target)

    def _run(self, until: float) -> None:
        while self._time < until:
            if not self.torque or self._settled():
                self._time = until
                return
            longest = _MOVING_STEP_S if self._phases else _RESTING_STEP_S
            self._step(min(longest, until - self._time))
            self._follow()
            self._watch_stall()

    def _settled(self) -> bool:
        return not self._phases and abs(self._aim - self.place) < _SETTLED

    def _step(self, longest: float) -> None:
        """Advance profile and shaft by ``longest`` or to the end of a phase."""
        left, rate = self._phases[0] if self._phases else (inf, 0.0)
        dt, lag = min(longest, left), self._traits.lag_s
        started = self._aim - lag * self._velocity + lag * lag * rate
        self._aim += self._velocity * dt + rate * dt * dt / 2.0
        self._velocity += rate * dt
        ended = self._aim - lag * self._velocity + lag * lag * rate
        self._lagged = ended + (self._lagged - started) * exp(-dt / lag)
        self._time += dt
        if dt < left:
            if self._phases:
                self._phases[0] = (left - dt, rate)
            return
        self._phases.popleft()
        if not self._phases:
            self._aim, self._velocity = self._end, 0.0

    def _follow(self) -> None:
        """Let obstacles hold the shaft and the shaft take the joint along."""
        if self.torque:
            self._lagged = min(self._high, max(self._low, self._lagged))
            self.place = self._lagged + self._pushed
        half = self._traits.backlash / 2.0
        self.link = min(self.place + half, max(self.place - half, self.link))

    def _watch_stall(self) -> None:
        if abs(self._aim - self.place) <= self._traits.stall_error:
            self._stalled_since = inf
            return
        self._stalled_since = min(self._stalled_since, self._time)
        if self._time - self._stalled_since >= self._traits.stall_s:
            self.limp()
            self.overloaded = True
