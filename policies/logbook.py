"""The learning curve on disk: progress.csv, and TensorBoard where it is installed."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Self

from policies.checkpoint import write_whole
from policies.errors import PolicyError

if TYPE_CHECKING:
    from tensorboardX import SummaryWriter

Row = dict[str, float]


class Logbook:
    """Rows of figures by step. A figure that first appears later gets its column then.

    ``tensorboard`` is the folder of its event files, if they are wanted.
    ``after`` is the step that training resumes from: rows written beyond it are dropped.
    """

    def __init__(self, csv_path: Path, tensorboard: Path | None, after: int = 0) -> None:
        self._path, self._tensorboard, self._after = csv_path, tensorboard, after
        self._rows = [row for row in _read(csv_path) if row["step"] <= after]
        self._columns = list(dict.fromkeys(name for row in self._rows for name in row))
        self._writer: SummaryWriter | None = None
        self._rewrite()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._writer is not None:
            self._writer.close()

    def add(self, step: int, figures: Mapping[str, float]) -> None:
        """Append one row to the file. Raises PolicyError if the disk does not take it."""
        row = {"step": float(step), **figures}
        try:
            self._append(row)
            self._add_to_tensorboard(step, figures)
        except OSError as error:
            raise PolicyError(f"{self._path}: cannot be written: {error}") from error

    def _append(self, row: Row) -> None:
        self._rows.append(row)
        if set(row) <= set(self._columns):
            with self._path.open("a", newline="") as file:
                csv.DictWriter(file, self._columns).writerow(_text(row))
        else:
            self._columns = list(dict.fromkeys([*self._columns, *row]))
            self._rewrite()

    def _rewrite(self) -> None:
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, self._columns)
        writer.writeheader()
        writer.writerows(map(_text, self._rows))
        write_whole(self._path, text.getvalue().encode())

    def _add_to_tensorboard(self, step: int, figures: Mapping[str, float]) -> None:
        if self._tensorboard is None:
            return
        if self._writer is None:
            # Imported late: where PyTorch is installed, tensorboardX imports all of it.
            try:
                from tensorboardX import SummaryWriter
            except ImportError:
                self._tensorboard = None
                return
            self._writer = SummaryWriter(str(self._tensorboard), purge_step=self._after + 1)
        for name, value in figures.items():
            self._writer.add_scalar(name, value, step)


def _read(path: Path) -> list[Row]:
    if not path.exists():
        return []
    text = path.read_text()
    # A process killed while it wrote leaves an unfinished last line.
    lines = text[: text.rfind("\n") + 1].splitlines()
    return [{k: float(v) for k, v in row.items() if v} for row in csv.DictReader(lines)]


def _text(row: Row) -> dict[str, str]:
    return {name: f"{value:.10g}" for name, value in row.items()}
