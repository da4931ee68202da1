"""One run of a policy on the server's own arm, in a thread of its own."""

import logging
from dataclasses import dataclass, replace
from enum import StrEnum
from threading import Lock, Thread
from typing import Any

from hardware.counters import Counters
from hardware.local_arm import LocalArm
from hardware.runner import Runner, RunOrder
from robot.errors import RobotError
from robot.loop import LoopReport

log = logging.getLogger(__name__)


class RunState(StrEnum):
    """How far a run is."""

    IDLE = "idle"
    """None was launched yet."""
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    """It raised, or was ended from outside; the message says why."""


@dataclass(frozen=True, slots=True)
class RunStatus:
    """What a run is doing, or did last; ``loop`` tells of the pace once it has finished."""

    state: RunState = RunState.IDLE
    episode: int = 0
    phase: str = ""
    message: str = ""
    loop: LoopReport | None = None


class PolicyRun:
    """Runs ``order`` on ``arm``. Nothing that the runner does or raises leaves the thread."""

    def __init__(self, runner: Runner, order: RunOrder, arm: LocalArm, counters: Counters) -> None:
        """Prepare; ``arm`` has to be connected before ``start``."""
        self._runner, self._order, self.arm, self._counters = runner, order, arm, counters
        self._lock = Lock()
        self._status = RunStatus(RunState.RUNNING, phase="load")
        self._thread = Thread(target=self._run, name="policy", daemon=True)

    @property
    def status(self) -> RunStatus:
        """Return what it is doing."""
        return self._status

    @property
    def running(self) -> bool:
        """Whether it may still move the arm."""
        return self._status.state is RunState.RUNNING

    @property
    def returned(self) -> bool:
        """Whether its thread has ended."""
        return not self._thread.is_alive()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self, cause: str) -> None:
        """Let it move nothing any more; whoever ends it says what the arm does instead."""
        self.arm.revoke(cause)
        self._finish(RunState.FAILED, message=cause)

    def _run(self) -> None:
        loop: LoopReport | None = None
        message = ""
        try:
            loop = self._runner(self._order, self.arm, self._note)
        except RobotError as error:
            message = str(error)
        except Exception as error:
            log.exception("the policy failed")
            message = f"{type(error).__name__}: {error}"
        self.arm.disconnect()
        state = RunState.FAILED if loop is None else RunState.FINISHED
        self._finish(state, message=message, loop=loop)

    def _note(self, episode: int, phase: str) -> None:
        self._change(episode=episode, phase=phase)

    def _finish(self, state: RunState, **changes: Any) -> None:
        if self._change(state=state, **changes):
            self._counters.add(f"runs_{state}")
            log.info("policy run %s %s", state, changes["message"])

    def _change(self, **changes: Any) -> bool:
        with self._lock:
            if not self.running:
                return False
            self._status = replace(self._status, **changes)
            return True
