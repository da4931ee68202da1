"""Reads LeRobot datasets v3, those recorded here and those of others."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from policies.demonstrations.episode import Episode, Matrix, Stamps
from policies.demonstrations.errors import DemonstrationError
from policies.demonstrations.layout import VERSION, Layout, Place
from policies.demonstrations.schema import (
    ACTION,
    ENVIRONMENT,
    STAMP,
    STATE,
    SUCCESS,
    Info,
    Schema,
    schema_of,
)
from policies.demonstrations.statistics import (
    NAMES,
    Statistics,
    read_statistics,
    row_statistics,
    together,
)
from policies.demonstrations.tables import Columns, read_columns, read_tasks
from policies.demonstrations.video import Picture, read_pictures


class DatasetReader:
    """``for episode in DatasetReader(folder): episode.states``.

    schema: what it records. info: its ``meta/info.json``. tasks: in words, by their numbers.
    """

    def __init__(self, folder: Path) -> None:
        """Read what episodes there are. Raises DemonstrationError for what is no such dataset."""
        self.folder = folder
        self._layout = Layout(folder)
        self.info, self.schema = read_info(folder)
        self._count = int(self.info["total_episodes"])
        self.tasks = read_tasks(self._layout.tasks) if self._count else []
        self._index = self._read_index()

    def __len__(self) -> int:
        """Return the number of episodes."""
        return self._count

    def __iter__(self) -> Iterator[Episode]:
        """Yield every episode in turn."""
        return (self.episode(index) for index in range(len(self)))

    def episode(self, index: int) -> Episode:
        """Return episode ``index``, from 0. Raises DemonstrationError if there is no such one."""
        row = self._row(index)
        path = self._layout.data(self._place(row, "data"))
        wanted = [STATE, ACTION, STAMP if self._timed else "timestamp", "task_index"]
        wanted += [ENVIRONMENT] * bool(self.schema.environment)
        columns = read_columns([path], [*wanted, "episode_index"])
        if not all(isinstance(values, np.ndarray) for values in columns.values()):
            raise DemonstrationError(f"{path}: damaged: its rows are of different lengths")
        # Others put many episodes into one file.
        ours = np.flatnonzero(columns.pop("episode_index") == index)
        columns = {name: values[ours] for name, values in columns.items()}
        count = int(self._index["length"][row])
        if len(columns["task_index"]) != count:
            raise DemonstrationError(
                f"{path}: damaged: {len(columns['task_index'])} of {count} frames of episode"
                f" {index}; take another copy"
            )
        return self._checked(index, path, columns)

    def pictures(self, index: int, camera: str) -> Iterator[Picture]:
        """Yield the RGB picture [height, width, 3] of every frame of episode ``index``.

        Raises DemonstrationError for another camera, a missing or a damaged file.
        """
        row = self._row(index)
        if camera not in self.schema.cameras:
            there = ", ".join(sorted(self.schema.cameras)) or "none"
            raise DemonstrationError(f"{self.folder}: no camera {camera!r} (there is {there})")
        key = self.schema.video_keys[camera]
        path = self._layout.video(key, self._place(row, f"videos/{key}"))
        begin = float(self._index[f"videos/{key}/from_timestamp"][row])
        count = int(self._index["length"][row])
        return read_pictures(path, round(begin * self.schema.rate), count)

    def statistics(self) -> Statistics | None:
        """Return the figures of all episodes together; None if there are none."""
        if not len(self):
            return None
        written = read_statistics(self._layout.stats)
        # Whoever was killed between two files may have left those of one episode more.
        if written is not None and written["index"]["count"][0] == self.info["total_frames"]:
            return written
        kept = [f"stats/{key}/{name}" for key in self.info["features"] for name in NAMES]
        columns = read_columns(self._layout.episode_files(), kept)
        rows = [self._rows[index] for index in range(len(self))]
        return together([row_statistics(columns, row) for row in rows])

    def _checked(self, index: int, path: Path, columns: Columns) -> Episode:
        stamps = np.asarray(columns[STAMP if self._timed else "timestamp"], np.float64)
        success = self._index[SUCCESS][self._row(index)] if SUCCESS in self._index else None
        try:
            return Episode(
                index,
                self.tasks[int(columns["task_index"][0])],
                None if success is None else bool(success),
                _rising_from_zero(stamps),
                _matrix(columns[STATE]),
                _matrix(columns[ACTION]),
                _matrix(columns.get(ENVIRONMENT, np.zeros((len(stamps), 0)))),
            )
        except (DemonstrationError, IndexError, TypeError, ValueError) as error:
            raise DemonstrationError(f"{path}: damaged: {error}; take another copy") from error

    @property
    def _timed(self) -> bool:
        """Whether real time stamps were recorded; others leave only a grid."""
        return STAMP in self.info["features"]

    def _read_index(self) -> Columns:
        if not self._count:
            return {}
        paths = self._layout.episode_files()
        if not paths:
            raise DemonstrationError(f"{self.folder}: damaged: meta/episodes is missing")
        index = read_columns(paths, None)
        missing = {"episode_index", "length", "data/chunk_index", "data/file_index"} - set(index)
        if missing:
            raise DemonstrationError(f"{paths[0]}: it has no column {', '.join(sorted(missing))}")
        self._rows = {int(number): row for row, number in enumerate(index["episode_index"])}
        lost = set(range(self._count)) - set(self._rows)
        if lost:
            raise DemonstrationError(
                f"{self.folder}: damaged: {self._count} episodes are promised, but nothing says"
                f" where episode {min(lost)} is; take another copy"
            )
        return index

    def _row(self, index: int) -> int:
        if not 0 <= index < len(self):
            there = f"0 to {len(self) - 1}" if len(self) else "none"
            raise DemonstrationError(f"{self.folder}: no episode {index} (there is {there})")
        return self._rows[index]

    def _place(self, row: int, what: str) -> Place:
        try:
            chunk, file = (self._index[f"{what}/{part}_index"][row] for part in ("chunk", "file"))
        except KeyError as error:
            raise DemonstrationError(f"{self.folder}: damaged: no column {error}") from None
        return int(chunk), int(file)


def read_info(folder: Path) -> tuple[Info, Schema]:
    """Return ``meta/info.json`` of the dataset in ``folder``, and what it records.

    Raises DemonstrationError if it is none, damaged, or of another version.
    """
    path = Layout(folder).info
    try:
        info = json.loads(path.read_bytes())
        version = str(info["codebase_version"])
        if version.partition(".")[0] != VERSION.partition(".")[0]:
            raise DemonstrationError(
                f"a LeRobot dataset {version}, and this reads {VERSION}; convert it with"
                " lerobot.datasets.v30.convert_dataset_v21_to_v30"
            )
        int(info["total_episodes"]), int(info["total_frames"])
        return info, schema_of(info)
    except (FileNotFoundError, NotADirectoryError):
        raise DemonstrationError(
            f"{folder}: no dataset here (meta/info.json is missing); twinarm record makes one"
        ) from None
    except DemonstrationError as error:
        raise DemonstrationError(f"{folder}: {error}") from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DemonstrationError(f"{path}: damaged: {error!r}; take another copy") from error


def recorded(folder: Path) -> int:
    """Return how many episodes there are in ``folder``, 0 if there is no dataset yet.

    Raises DemonstrationError for a damaged one.
    """
    if not Layout(folder).info.is_file():
        return 0
    return int(read_info(folder)[0]["total_episodes"])


def _matrix(values: Any) -> Matrix:
    if values.ndim != 2:
        raise ValueError("a state is no vector")
    matrix: Matrix = values.astype(np.float32)
    return matrix


def _rising_from_zero(stamps: Stamps) -> Stamps:
    since: Stamps = stamps - stamps[0]
    return since
