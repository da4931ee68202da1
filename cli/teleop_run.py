"""Has whoever drives lead one arm or two, until one of them has enough."""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import inf

import numpy as np

from cli.key_presses import ESCAPE
from cli.teleop_film import SHOTS
from cli.teleop_lead import Lead
from cli.teleop_picture import ArmShot, Shot, photo
from cli.teleop_sources import Driver
from robot.loop import ControlLoop

RATE = 30.0  # [Hz] and besides as soon as there is something new to follow
FOLLOWING, STOPPED = "following", "stopped: Enter releases it"
STOP, RELEASE, CLUTCH = " ", ("\n", "\r"), "m"
KEYS = "space: stop; Enter: release it; m: clutch; Esc: end"

_NEWEST = 30  # commands that what is shown is taken over


@dataclass(slots=True)
class TeleopRun:
    """Moves the arms of ``leads`` as ``driver`` says. A stop is latched until Enter, for all.

    keys: returns what was pressed since. say: hears of every change of state. show: sees a shot
    ten times a second. periods: how often an arm was commanded in which state; latencies: from
    when a picture was taken until the arms had the commands made of it [s]. clock: [s], that of
    the pictures.
    """

    leads: Sequence[Lead]
    driver: Driver
    keys: Callable[[], Iterable[str]]
    say: Callable[[str], None]
    show: Callable[[Shot], None]
    stopped: bool = False
    ended: str = ""
    clock: Callable[[], float] = time.monotonic
    loop: ControlLoop = field(init=False)
    periods: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    _said: dict[str, str] = field(default_factory=dict)
    _stamp: float = -inf
    _shown: float = -inf
    _begun: deque[float] = field(default_factory=lambda: deque(maxlen=_NEWEST))

    def __post_init__(self) -> None:
        self.loop = ControlLoop(RATE, sleep=self.driver.wait)

    def run(self, seconds: float | None) -> None:
        """Go on for ``seconds``, or until it ends. Raises RobotError."""
        end = self.clock() + (inf if seconds is None else seconds - 0.5 / RATE)
        for _ in self.ticks():
            if self._begun[-1] + self.loop.period > end:
                return

    def restart(self) -> None:
        """Begin anew with what has an end, and let the arms be led."""
        self.driver.again()
        self.ended = ""
        self.clutch(self.stopped)

    def ticks(self) -> Iterator[None]:
        """Command the arms again and again, until it ends; yield after each time."""
        for _ in self.loop.run():
            self._begun.append(self.clock())
            for key in self.keys():
                self.press(key)
            self.ended = self.ended or self.driver.ended()
            if self.ended:
                return
            self._command()
            self._show()
            yield

    def press(self, key: str) -> None:
        """Hear of a key."""
        if key == STOP:
            self._stop()
        elif key in RELEASE and self.stopped:
            self._release()
        elif key == CLUTCH and not self.stopped:
            self.clutch(not self.leads[0].teleoperator.clutch)
        elif key == ESCAPE:
            self.ended = "ended by Esc"
        elif not self.stopped:
            self.driver.press(key)

    def clutch(self, pressed: bool) -> None:
        """Let the arms hold while it is ``pressed``."""
        for lead in self.leads:
            lead.teleoperator.clutch = pressed

    def following(self) -> bool:
        """Return whether any arm follows now."""
        kinds = (_kind(lead.teleoperator.status) for lead in self.leads)
        return not self.stopped and FOLLOWING in kinds

    def _stop(self) -> None:
        if not self.stopped:
            for lead in self.leads:
                lead.stop()
        self.stopped = True

    def _release(self) -> None:
        for lead in self.leads:
            lead.release()
        self.stopped = False

    def _command(self) -> None:
        """Send the arms where they shall go now."""
        for lead in self.leads:
            lead.ask()
        if any(lead.teleoperator.stopped for lead in self.leads):
            self._stop()
        if not self.stopped:
            for lead in self.leads:
                lead.send()
            self._time()
        for lead in self.leads:
            lead.mirror()
            self._note(lead)

    def _time(self) -> None:
        """Note how old the picture is that was followed just now."""
        stamp = self.driver.stamp()
        if stamp > self._stamp and self.following():
            self.latencies.append(self.clock() - stamp)
        self._stamp = stamp

    def _note(self, lead: Lead) -> None:
        status = self._status(lead)
        kind, before = _kind(status), self._said.get(lead.side)
        self.periods[kind] += 1
        told = kind if kind == FOLLOWING else status
        if told != before:
            self._said[lead.side] = told
            self.say(f"{lead.side} arm: {told}" if lead.side else told)

    def _status(self, lead: Lead) -> str:
        return STOPPED if self.stopped else lead.teleoperator.status

    def _show(self) -> None:
        now = self._begun[-1]
        if now - self._shown < 1.0 / SHOTS:
            return
        self._shown = max(self._shown + 1.0 / SHOTS, now - 1.0 / SHOTS)
        arms = tuple(
            ArmShot(
                lead.state,
                None if lead.cell.scene is None else lead.cell.scene.block_pose(),
                self._status(lead),
                lead.side,
            )
            for lead in self.leads
            if lead.state is not None
        )
        seen = self.driver.seen()
        image = None if seen is None else photo(seen.frame.image)
        person = None if seen is None else seen.person
        self.show(Shot(arms, self._pace(), image, person, self.driver.sides))

    def _pace(self) -> str:
        took = self._begun[-1] - self._begun[0]
        words = f"{(len(self._begun) - 1) / took:.0f} commands/s" if took else ""
        if self.latencies:
            words += f", latency {1e3 * np.median(self.latencies[-_NEWEST:]):.0f} ms"
        return words


def _kind(status: str) -> str:
    return status.partition(":")[0]
