"""What the arm shall be doing now: the state machine between network, watchdog and control."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from threading import Event, Lock

from hardware.refusal import Reason, Refusal
from robot.command import JointCommand, Vector

_NEVER = float("inf")  # a silence since then never grows long


class Mode(StrEnum):
    """What the arm may be doing."""

    HOLDING = "holding"
    """Standing still, at once."""
    FOLLOWING = "following"
    """On the way to the newest command."""
    RESTING = "resting"
    """On the slow way to the rest pose."""
    STOPPED = "stopped"
    """Standing still and refusing commands, latched."""


@dataclass(frozen=True, slots=True)
class Order:
    """One state of the machine: the mode, why, and the target where there is one.

    emergency: whether a stop needs re-arming. controller: how many took over so far.
    last: whether the server is shutting down, so that only an emergency comes after it, for good.
    """

    mode: Mode
    cause: str
    target: JointCommand | None = None
    emergency: bool = False
    controller: int = 0
    last: bool = False


_REARM = "once it is safe, re-arm it (`RemoteArm.rearm`) or restart the server"


class Motion:
    """Holds the present order. The network and watchdog threads change it, control reads it.

    A change replaces the order as a whole under a lock that is held for microseconds, so no
    thread can keep another from stopping the arm.
    """

    def __init__(self, rest: Vector, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin holding; ``rest`` is the pose to fold to after a long silence [n] [rad]."""
        self._rest = rest
        self._clock = clock
        self._lock = Lock()
        self._order = Order(Mode.HOLDING, "just started")
        self._last_command = _NEVER
        self._gripper = 0.0
        self._controllers = 0
        self.urgent = Event()
        """Set by whatever ends a motion, so that the control thread does not wait to act on it."""

    @property
    def order(self) -> Order:
        """Return the present order."""
        return self._order

    def follow(self, target: JointCommand) -> None:
        """Go towards ``target``. Raises Refusal if stopped."""
        with self._lock:
            order = self._order
            if order.mode is Mode.STOPPED:
                mend = _REARM if order.emergency else "connect anew"
                raise Refusal(Reason.STOPPED, f"stopped ({order.cause}): {mend}")
            if order.last:
                raise Refusal(Reason.STOPPED, f"{order.cause}: start the server again to move")
            self._enter(Mode.FOLLOWING, "commanded", target)
            self._last_command = self._clock()
            self._gripper = target.gripper

    def hold(self, cause: str) -> None:
        """Stand still, unless stopped or shutting down."""
        with self._lock:
            if self._order.mode is not Mode.STOPPED and not self._order.last:
                self._enter(Mode.HOLDING, cause)

    def stop(self, cause: str, *, emergency: bool) -> None:
        """Hold at once and refuse commands: an emergency until ``rearm``, else until ``resume``.

        When shutting down there is no commanded motion left, so only an emergency ends anything.
        """
        with self._lock:
            emergency = emergency or self._order.emergency
            if self._order.last and not emergency:
                return
            self._enter(Mode.STOPPED, cause, emergency=emergency, last=self._order.last)
            self._last_command = _NEVER

    def park(self, cause: str, gripper: float) -> None:
        """Fold to rest, jaws ``gripper`` apart [m], for good: only an emergency undoes it.

        An arm under an emergency stop stays where it is.
        """
        with self._lock:
            if not self._order.emergency:
                rest = JointCommand(self._rest, gripper)
                self._enter(Mode.RESTING, cause, rest, last=True)

    def resume(self) -> None:
        """Hold for a new controller. Undoes a stop that was no emergency, and a way to rest."""
        with self._lock:
            self._controllers += 1
            self._last_command = _NEVER
            if not self._order.emergency and not self._order.last:
                self._enter(Mode.HOLDING, "new controller")

    def rearm(self, cause: str) -> None:
        """Undo any stop but a server's last; the arm holds until the next command."""
        with self._lock:
            if self._order.mode is Mode.STOPPED and not self._order.last:
                self._enter(Mode.HOLDING, cause)
                self._last_command = _NEVER

    def lapses_in(self, watchdog_s: float, rest_after_s: float | None) -> float:
        """Return the seconds until ``expire`` may next have something to do, at least 0.

        At most ``watchdog_s``: no command that comes later than now lapses sooner.
        """
        with self._lock:
            silence = self._clock() - self._last_command
            limits = {Mode.FOLLOWING: watchdog_s, Mode.HOLDING: rest_after_s or _NEVER}
            left = limits.get(self._order.mode, _NEVER) - silence
        return min(watchdog_s, max(0.0, left))

    def expire(self, watchdog_s: float, rest_after_s: float | None) -> Mode | None:
        """Hold once the last command is ``watchdog_s`` old, rest once it is ``rest_after_s`` old.

        Returns the mode newly entered, or None. An arm does not rest before its first command
        since power-on, a stop or a change of controller: none of these may move it.
        """
        with self._lock:
            silence = self._clock() - self._last_command
            if self._order.mode is Mode.FOLLOWING and silence >= watchdog_s:
                self._enter(Mode.HOLDING, f"watchdog: no command for {watchdog_s:g} s")
            elif self._order.mode is Mode.HOLDING and silence >= (rest_after_s or _NEVER):
                rest = JointCommand(self._rest, self._gripper)
                self._enter(Mode.RESTING, f"no command for {rest_after_s:g} s", rest)
            else:
                return None
            return self._order.mode

    def _enter(
        self,
        mode: Mode,
        cause: str,
        target: JointCommand | None = None,
        *,
        emergency: bool = False,
        last: bool = False,
    ) -> None:
        self._order = Order(mode, cause, target, emergency, self._controllers, last)
        if target is None:
            self.urgent.set()
