"""What a training run tells those who watch it."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from policies.cloning_session import CloningSession
from policies.evaluation import Evaluation
from policies.imitation_session import ImitationSession
from policies.learner import Learner
from policies.session import Session

INTERVAL_SECONDS = 0.1
RATE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Status:
    """Where a run is. Figures that are not known yet are None.

    phase: "collecting" random steps, "training", "cloning", or "evaluating".
    rate: steps per second over the last few seconds.
    success_rate, mean_return: over the last 100 training episodes.
    alpha: entropy temperature.
    remaining: time left at this rate [s].
    evaluation: the newest one on held-out seeds, made at step ``evaluated_at``.
    """

    phase: str
    step: int
    total_steps: int
    episodes: int
    rate: float
    success_rate: float | None
    mean_return: float | None
    alpha: float | None
    remaining: float | None
    evaluation: Evaluation | None
    evaluated_at: int


Observer = Callable[[Status], None]
AnySession = Session[Learner] | ImitationSession | CloningSession


class Reporter:
    """Tells an observer where a session is, a few times a second."""

    def __init__(self, session: AnySession, observer: Observer | None) -> None:
        self._session, self._observer = session, observer
        self._marks: deque[tuple[float, int]] = deque()
        self._told_at = 0.0

    def tell(self, phase: str, evaluation: Evaluation | None, force: bool = False) -> None:
        """Tell the observer, unless it was told just now and ``force`` is not set."""
        now = time.monotonic()
        if self._observer is None or (now - self._told_at < INTERVAL_SECONDS and not force):
            return
        self._told_at = now
        self._observer(self._status(phase, evaluation, self._rate(now)))

    def _rate(self, now: float) -> float:
        self._marks.append((now, self._session.counters.step))
        while now - self._marks[0][0] > RATE_SECONDS:
            self._marks.popleft()
        then, first = self._marks[0]
        return (self._session.counters.step - first) / (now - then) if now > then else 0.0

    def _status(self, phase: str, evaluation: Evaluation | None, rate: float) -> Status:
        session = self._session
        config, counters, means = session.config, session.counters, session.statistics.means()
        return Status(
            phase=phase,
            step=counters.step,
            total_steps=config.total_steps,
            episodes=session.statistics.episodes,
            rate=rate,
            success_rate=means.get("success_rate"),
            mean_return=means.get("return"),
            alpha=session.learner.figures.get("alpha"),
            remaining=(config.total_steps - counters.step) / rate if rate else None,
            evaluation=evaluation,
            evaluated_at=counters.evaluated_at,
        )
