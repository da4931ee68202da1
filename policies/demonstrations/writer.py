"""Records a LeRobot dataset v3, an episode at a time: whole and readable, or not there at all."""

import fcntl
import json
import os
from pathlib import Path
from typing import Self

from policies.checkpoint import write_whole
from policies.demonstrations.episode import Episode
from policies.demonstrations.errors import DemonstrationError
from policies.demonstrations.frames import episode_row, frame_columns, frame_statistics
from policies.demonstrations.layout import PART, Layout, place_of
from policies.demonstrations.reader import DatasetReader
from policies.demonstrations.schema import Schema
from policies.demonstrations.statistics import Statistics, to_json, together
from policies.demonstrations.tables import episode_table, frame_table, task_table
from policies.demonstrations.take import Take


class DatasetWriter:
    """``with DatasetWriter(folder, schema) as writer, writer.take("pick the block") as take: …``

    ``meta/info.json`` is replaced last: it promises only episodes that are there. What is killed
    before that is swept up by the next who records here. One writer at a time.
    """

    def __init__(self, folder: Path, schema: Schema) -> None:
        """Prepare to record into ``folder``, a new dataset or one with the same ``schema``."""
        self.folder, self.schema = folder, schema
        self.episodes = self.frames = 0
        """How many there are, whole."""
        self._layout = Layout(folder)
        self._tasks: list[str] = []
        self._statistics: Statistics | None = None
        self._lock: int | None = None

    def __enter__(self) -> Self:
        """Begin a dataset, or go on with one.

        Raises DemonstrationError if the folder holds something else, another dataset, is being
        written by another process, or cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self.folder, os.O_RDONLY)
            self._take_lock()
            self._go_on() if self._layout.info.is_file() else self._begin()
        except OSError as error:
            self._let_go()
            raise self._refusal(error) from error
        except BaseException:
            self._let_go()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self._let_go()

    def take(self, task: str) -> Take:
        """Return what records the next episode, in which ``task`` is done, in words."""
        return Take(self, task)

    def append(self, episode: Episode, videos: Statistics) -> None:
        """Make ``episode`` part of the dataset; its videos are there, with those statistics.

        Raises OSError, with no trace of it then; ``Take.save`` is what to call.
        """
        task = self._numbered(episode.task)
        columns = frame_columns(episode, self.frames, task, self.schema.rate)
        found = frame_statistics(columns) | videos
        row = episode_row(episode, self.frames, self.schema.rate, self.schema.video_keys, found)
        place = place_of(episode.index)
        everything = found if self._statistics is None else together([self._statistics, found])
        try:
            self._write(self._layout.episodes(place), episode_table(row))
            self._write(self._layout.data(place), frame_table(columns))
            self._write_json(self._layout.stats, to_json(everything))
            self._promise(self.episodes + 1, self.frames + len(episode))
        except OSError:
            # Not after Ctrl-C, which may come when the episode is already promised.
            self._layout.remove_from(self.episodes)
            raise
        self._statistics = everything

    def _begin(self) -> None:
        if any(path.is_file() and path.suffix != PART for path in self.folder.rglob("*")):
            raise DemonstrationError(
                f"{self.folder}: holds files, but no dataset; choose a new folder"
            )
        self._promise(0, 0)

    def _go_on(self) -> None:
        reader = DatasetReader(self.folder)
        difference = self.schema.difference(reader.info)
        if difference:
            raise DemonstrationError(
                f"{self.folder}: records something else: {difference}; choose a new folder"
            )
        self._layout.remove_from(len(reader))
        self.episodes, self.frames = len(reader), int(reader.info["total_frames"])
        self._tasks = list(reader.tasks)
        self._statistics = reader.statistics()

    def _numbered(self, task: str) -> int:
        """Return the number of ``task``, written down if it is a new one."""
        if task not in self._tasks:
            self._write(self._layout.tasks, task_table([*self._tasks, task]))
            self._tasks.append(task)
        return self._tasks.index(task)

    def _promise(self, episodes: int, frames: int) -> None:
        info = self.schema.info(episodes, frames, len(self._tasks))
        self._write_json(self._layout.info, info)
        self.episodes, self.frames = episodes, frames

    def _write_json(self, path: Path, values: object) -> None:
        self._write(path, (json.dumps(values, indent=4) + "\n").encode())

    def _write(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, data)

    def _refusal(self, error: OSError) -> DemonstrationError:
        return DemonstrationError(f"{self.folder}: the dataset cannot be written: {error}")

    def _take_lock(self) -> None:
        assert self._lock is not None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemonstrationError(
                f"{self.folder}: another process is recording into it; wait for it to end"
            ) from None

    def _let_go(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
