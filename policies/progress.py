"""A live progress bar for people who watch a run in a terminal."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from policies.evaluation import Evaluation
from policies.status import Status


class ProgressBar:
    """Shows each `Status` it is called with; a line stays for every evaluation.

    A context manager; in a pipe or file only the lines of the evaluations appear.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._progress = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.completed:,.0f} of {task.total:,.0f} steps"),
            TextColumn("{task.fields[figures]}"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            console=console,
        )
        self._task = self._progress.add_task("starting", total=1, figures="", left="")
        self._shown: Evaluation | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def __call__(self, status: Status) -> None:
        """Show ``status``."""
        self._progress.update(
            self._task,
            description=status.phase,
            completed=status.step,
            total=status.total_steps,
            figures=describe(status),
            left="" if status.remaining is None else f"{_clock(status.remaining)} left",
        )
        if status.evaluation is not None and status.evaluation is not self._shown:
            self._shown = status.evaluation
            line = f"step {status.evaluated_at:,}: {describe_evaluation(status.evaluation)}"
            self._progress.console.print(line, highlight=False)


def describe(status: Status) -> str:
    """Return the live figures of a run in a few words."""
    parts = [f"{status.rate:,.0f} steps/s"]
    if status.success_rate is not None:
        parts.append(f"success {status.success_rate:.0%}")
    if status.mean_return is not None:
        parts.append(f"return {status.mean_return:.1f}")
    if status.alpha is not None:
        parts.append(f"α {status.alpha:.3g}")
    return " · ".join(parts)


def describe_evaluation(evaluation: Evaluation) -> str:
    """Return the result of an evaluation in a few words."""
    figures = f"return {evaluation.mean_return:.1f} ± {evaluation.std_return:.1f}"
    if evaluation.successes is not None and evaluation.ci95 is not None:
        low, high = evaluation.ci95
        figures = (
            f"{evaluation.successes} of {evaluation.episodes} succeeded "
            f"(95 % interval {low:.1%} – {high:.1%}), {figures}"
        )
    return f"held-out episodes: {figures}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
