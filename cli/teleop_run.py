"""Has a teleoperator drive an arm until one of them has enough."""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import inf

import numpy as np

from cli.arms import Cell
from cli.key_presses import ESCAPE
from cli.teleop_picture import Shot, photo
from cli.teleop_sources import Driver
from hardware.errors import StaleCommandError
from robot.command import ArmState, JointCommand
from robot.forgiving import Forgiving
from robot.loop import ControlLoop

RATE = 30.0  # [Hz] and besides as soon as there is something new to follow
SHOTS = 10  # a second
TOO_MANY = 10  # late commands in a row
FOLLOWING = "following"
STOP, RELEASE, CLUTCH = " ", ("\n", "\r"), "m"
KEYS = "space: stop; Enter: release it; m: clutch; Esc: end"

_NEWEST = 30  # periods that the rate shown is taken over


@dataclass(slots=True)
class TeleopRun:
    """Moves the arm of ``cell`` as ``driver`` says.

    Where it says nothing the arm is sent where it was sent last: a server goes on holding it
    there, and neither its watchdog nor its way to rest sets in. A stop is latched until Enter.

    keys: returns what was pressed since. say: hears of every change of state. show: sees a shot
    ten times a second. periods: how often the arm was commanded in which state; latencies: from
    when a picture was taken until the arm had the command made of it [s]. clock: [s], that of
    the pictures.
    """

    cell: Cell
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
    _wanted: JointCommand | None = None
    _forgiving: Forgiving | None = None
    _status: str = ""
    _kind: str = ""
    _stamp: float = -inf
    _shown: float = -inf
    _begun: deque[float] = field(default_factory=lambda: deque(maxlen=_NEWEST))

    def __post_init__(self) -> None:
        self.loop = ControlLoop(RATE, sleep=self.driver.wait)

    def run(self, seconds: float | None) -> None:
        """Go on for ``seconds``, or until it ends. Raises RobotError."""
        end = self.clock() + (inf if seconds is None else seconds - 0.5 / RATE)
        for _ in self.loop.run():
            now = self.clock()
            if now > end:
                return
            self._begun.append(now)
            for key in self.keys():
                self._press(key)
            self.ended = self.ended or self.driver.ended()
            if self.ended:
                return
            state = self._command()
            if now - self._shown >= 1.0 / SHOTS:
                self._shown = max(self._shown + 1.0 / SHOTS, now - 1.0 / SHOTS)
                self.show(self._shot(state))

    def _press(self, key: str) -> None:
        teleoperator = self.driver.teleoperator
        if key == STOP:
            self._stop()
        elif key in RELEASE and self.stopped:
            self._release()
        elif key == CLUTCH and not self.stopped:
            teleoperator.clutch = not teleoperator.clutch
        elif key == ESCAPE:
            self.ended = "ended by Esc"
        elif not self.stopped:
            self.driver.press(key)

    def _stop(self) -> None:
        if not self.stopped:
            self.cell.arm.stop()
        self.stopped = self.driver.teleoperator.clutch = True

    def _release(self) -> None:
        self.cell.arm.connect()
        self._wanted = self._forgiving = None
        self.stopped = self.driver.teleoperator.clutch = False

    def _command(self) -> ArmState:
        """Send the arm where it shall go now; return what it measured just before."""
        arm = self.cell.arm
        state = arm.state()
        wanted = self.driver.teleoperator.command(state)
        if self.driver.teleoperator.stopped:
            self._stop()
        if not self.stopped:
            self._wanted = wanted or self._wanted or JointCommand(state.positions, state.gripper)
            self._forgiving = self._forgiving or Forgiving(arm, (StaleCommandError,), TOO_MANY)
            self._forgiving.command(self._wanted)
            self._time()
        if self.cell.mirror is not None:
            self.cell.mirror.divergence()
        told = self.driver.teleoperator.status
        self._note("stopped: Enter releases it" if self.stopped else told)
        return state

    def _note(self, status: str) -> None:
        kind = status.partition(":")[0]
        if status != self._status and not (kind == FOLLOWING == self._kind):
            self.say(kind if kind == FOLLOWING else status)
        self._kind = kind
        self._status = status
        self.periods[kind] += 1

    def _time(self) -> None:
        """Note how old the picture is that was followed just now."""
        stamp = self.driver.stamp()
        if stamp > self._stamp and self.driver.teleoperator.status == FOLLOWING:
            self.latencies.append(self.clock() - stamp)
        self._stamp = stamp

    def _shot(self, state: ArmState) -> Shot:
        scene, seen = self.cell.scene, self.driver.seen()
        block = None if scene is None else scene.block_pose()
        words = [self._status, *_joints(self.cell, state), self._pace()]
        if seen is None:
            return Shot(state, block, words)
        return Shot(state, block, words, photo(seen.frame.image), seen.person)

    def _pace(self) -> str:
        took = self._begun[-1] - self._begun[0]
        words = f"loop {(len(self._begun) - 1) / took:.1f} Hz" if took else ""
        if self.latencies:
            words += f", latency {1e3 * self.latencies[-1]:.0f} ms"
        return words


def _joints(cell: Cell, state: ArmState) -> list[str]:
    angles = zip(cell.arm.model.joints, np.degrees(state.positions).tolist(), strict=True)
    return [
        *(f"{name} {angle:+.0f} deg" for name, angle in angles),
        f"jaws {1e3 * state.gripper:.0f} mm",
    ]
