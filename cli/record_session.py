"""Records episode after episode, and asks after each whether to keep it."""

from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from cli.demonstrated_arm import numbers
from cli.episode_sources import Source
from cli.heard_keys import Keys
from cli.key_presses import ESCAPE, LEFT, RIGHT
from cli.recorded_arm import RecordedArm, Sink
from cli.recorded_cameras import Eye
from hardware.errors import StaleCommandError
from policies.demonstrations.episode import Episode
from policies.demonstrations.take import Take
from policies.demonstrations.writer import DatasetWriter
from robot.command import ArmState, JointCommand
from robot.errors import RobotError

PACE = 0.1  # [s] between commands to an arm that waits; a server folds one that nobody commands
MOST_MISSES = 10  # in a row, of which none is kept
HELP = "right arrow: keep   left arrow: do it again   Esc: finish without it"

Keep = Literal["ask", "all", "successes"]
Verdict = Literal["keep", "again", "finish"]
_KEYS: dict[str, Verdict] = {RIGHT: "keep", LEFT: "again", ESCAPE: "finish"}

Say = Callable[[str], None]
Heard = Callable[[Episode], None]


@dataclass(frozen=True, slots=True)
class Session:
    """Who moves the arm, what is recorded of it, and where it goes.

    keep: every episode, those that did their task, or those that whoever sits at ``keys`` wants;
    all if nobody does. say: tells people what to press. heard: hears of every episode kept.
    """

    source: Source
    arm: RecordedArm
    eyes: dict[str, Eye]
    writer: DatasetWriter
    keys: Keys
    task: str
    keep: Keep
    say: Say
    heard: Heard

    def record(self, episodes: int) -> int:
        """Record until ``episodes`` are kept, or somebody finishes; return how many are.

        Raises RobotError and DemonstrationError; what was kept before is whole.
        """
        kept = misses = 0
        while kept < episodes:
            verdict = self._episode()
            if verdict == "finish":
                break
            kept, misses = (kept + 1, 0) if verdict == "keep" else (kept, misses + 1)
            if misses == MOST_MISSES and not self._asks:
                raise RobotError(
                    f"{MOST_MISSES} episodes in a row did not do their task; {kept} were kept;"
                    " --keep all keeps any"
                )
        return kept

    @property
    def _asks(self) -> bool:
        return self.keep == "ask" and self.keys.there

    def _episode(self) -> Verdict:
        # What was pressed while the last episode was saved is no answer to this one, but may be a
        # stop, or Esc.
        if self._listen(chain((None,), self.source.prepare()), (ESCAPE,)):
            return "finish"
        if self.source.over:
            self.say(self.source.over)
            return "finish"
        with self.writer.take(self.task) as take:
            self.arm.sink = self._into(take)
            try:
                pressed = self._listen(self.source.play(), _KEYS)
            finally:
                self.arm.sink = None
            success = self.source.success()
            verdict = pressed or self._judged(success)
            if verdict == "keep":
                self.heard(take.save(success))
        return verdict

    def _listen(self, ticks: Iterator[object], answers: Collection[str]) -> Verdict | None:
        """Take all ``ticks``; return which of ``answers`` somebody pressed meanwhile."""
        for _ in ticks:
            while (key := self.keys.next()) is not None:
                if not self.source.press(key) and key in answers:
                    return _KEYS[key]
        return None

    def _judged(self, success: bool | None) -> Verdict:
        if not self._asks:
            return "again" if self.keep == "successes" and not success else "keep"
        ended = {True: "done", False: "not done", None: "over"}[success]
        self.say(f"episode {self.writer.episodes}: {ended}.   {HELP}")
        while (verdict := self._answer()) is None:
            self._stay()
        return verdict

    def _answer(self) -> Verdict | None:
        """Return what somebody answers now; a key that is no answer may be a stop."""
        key = self.keys.next(PACE)
        if key is not None and key not in _KEYS:
            self.source.press(key)
        return _KEYS.get(key or "")

    def _stay(self) -> None:
        if self.arm.applied is not None and not self.source.stopped:
            with suppress(StaleCommandError):
                self.arm.command(self.arm.applied)

    def _into(self, take: Take) -> Sink:
        def add(stamp: float, measured: ArmState, applied: JointCommand) -> None:
            pictures = {name: eye.newest() for name, eye in self.eyes.items()}
            known = self.source.environment()
            take.add(stamp, numbers(measured), numbers(applied), pictures, known)

        return add
