"""What people see while something takes its time."""

from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from policies.evaluation import Evaluation
from policies.status import Status

console = Console(stderr=True, highlight=False)


class TrainingBar:
    """A progress bar of a training run: rate, live success rate, return, time left.

    An observer for ``Trainer.train``. Every new evaluation leaves a line above the bar.
    """

    def __init__(self, quiet: bool = False) -> None:
        self._progress = _progress(quiet, "{task.fields[figures]}", "{task.fields[left]}")
        self._task: TaskID | None = None
        self._evaluated_at = 0

    def __call__(self, status: Status) -> None:
        """Show ``status``."""
        if self._task is None:
            self._task = self._progress.add_task("", total=None, figures="", left="")
            self._evaluated_at = status.evaluated_at
        self._progress.update(
            self._task,
            description=status.phase,
            completed=status.step,
            total=status.total_steps,
            figures=_figures(status),
            left="" if status.remaining is None else f"{_duration(status.remaining)} left",
        )
        if status.evaluation is not None and status.evaluated_at != self._evaluated_at:
            self._evaluated_at = status.evaluated_at
            self._progress.console.print(
                f"  step {status.evaluated_at:>7,}: {describe(status.evaluation)}"
            )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._progress.stop()


class CountBar:
    """A progress bar over ``total`` things of which some succeed, with the time left."""

    def __init__(self, what: str, total: int, quiet: bool = False) -> None:
        self._progress = _progress(
            quiet, "{task.completed}/{task.total}", "{task.fields[note]}", "{task.fields[left]}"
        )
        self._task = self._progress.add_task(what, total=total, note="", left="")
        self._successes = self._done = 0

    def add(self, success: bool | None) -> None:
        """Count one more."""
        self._done += 1
        self._successes += bool(success)
        note = "" if success is None else f"{self._successes / self._done:.0%} success"
        self._progress.update(self._task, advance=1, note=note)
        left = self._progress.tasks[self._task].time_remaining
        self._progress.update(self._task, left=f"{_duration(left)} left" if left else "")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._progress.stop()


def describe(evaluation: Evaluation) -> str:
    """Return ``evaluation`` as words: success with its interval where known, and the return."""
    mean = f"return {evaluation.mean_return:.2f} ± {evaluation.std_return:.2f}"
    if evaluation.success_rate is None or evaluation.ci95 is None:
        return f"{evaluation.episodes} held-out episodes, {mean}"
    low, high = evaluation.ci95
    return (
        f"{evaluation.successes}/{evaluation.episodes} held-out episodes succeed"
        f" ({evaluation.success_rate:.1%}, 95% interval {low:.1%} to {high:.1%}), {mean}"
    )


def _progress(quiet: bool, *columns: str) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description:<10}"),
        BarColumn(bar_width=24),
        *(TextColumn(column) for column in columns),
        TimeElapsedColumn(),
        console=console,
        disable=quiet,
        refresh_per_second=5,
    )


def _figures(status: Status) -> str:
    parts = [f"{status.step:,}/{status.total_steps:,} steps", f"{status.rate:,.0f}/s"]
    if status.success_rate is not None:
        parts.append(f"success {status.success_rate:.0%}")
    if status.mean_return is not None:
        parts.append(f"return {status.mean_return:.2f}")
    return "  ".join(parts)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
