"""One episode while it is being recorded: kept by ``save``, else gone."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from policies.demonstrations.episode import Episode
from policies.demonstrations.errors import DemonstrationError
from policies.demonstrations.layout import Layout, place_of
from policies.demonstrations.statistics import picture_figures
from policies.demonstrations.video import FAILURES, Picture, VideoWriter

if TYPE_CHECKING:
    from policies.demonstrations.writer import DatasetWriter

Vector = NDArray[Any]


class Take:
    """Collects frames; pictures go to disk at once, numbers when it is saved."""

    def __init__(self, writer: "DatasetWriter", task: str) -> None:
        """Record the next episode of ``writer``'s dataset, in which ``task`` is done."""
        self._writer, self._task = writer, task
        self._layout = Layout(writer.folder)
        self._videos: dict[str, VideoWriter] = {}
        self._rows: list[tuple[float, Vector, Vector, Vector]] = []

    def __len__(self) -> int:
        """Return how many frames there are."""
        return len(self._rows)

    def __enter__(self) -> Self:
        """Begin. Raises DemonstrationError if the disk does not take a video."""
        schema, place = self._writer.schema, place_of(self._writer.episodes)
        try:
            for name, size in schema.cameras.items():
                path = self._layout.video(schema.video_keys[name], place)
                self._videos[name] = VideoWriter(path, size, schema.rate)
        except FAILURES as error:
            self.discard()
            raise self._full(error) from error
        return self

    def __exit__(self, *error: object) -> None:
        self.discard()

    def add(
        self,
        stamp: float,
        state: Vector,
        action: Vector,
        pictures: Mapping[str, Picture] | None = None,
        environment: Vector | Sequence[float] = (),
    ) -> None:
        """Add what was measured and commanded at ``stamp`` [s], on any clock; [m] numbers each.

        pictures: RGB [height, width, 3] of every camera. environment: [e] of the schema's names.
        Raises DemonstrationError if the disk is full.
        """
        try:
            for name, video in self._videos.items():
                video.add((pictures or {})[name])
        except KeyError as error:
            raise DemonstrationError(f"no picture of camera {error}") from None
        except FAILURES as error:
            self.discard()
            raise self._full(error) from error
        # Copies: whoever measures may measure into the same arrays again.
        measured, told, known = (np.array(v, np.float32) for v in (state, action, environment))
        self._rows.append((stamp, measured, told, known))

    def save(self, success: bool | None) -> Episode:
        """Make it an episode of the dataset, whole on disk when this returns.

        success: None if nobody can tell. Raises DemonstrationError if it is not one, or if the
        disk is full; the episodes before are whole all the same.
        """
        episode = self._episode(success)
        try:
            for video in self._videos.values():
                video.save()
            keys = self._writer.schema.video_keys
            found = {
                keys[name]: picture_figures(video.samples) for name, video in self._videos.items()
            }
            self._writer.append(episode, found)
        except FAILURES as error:
            self.discard()
            self._layout.remove_from(self._writer.episodes)
            raise self._full(error) from error
        self._rows, self._videos = [], {}
        return episode

    def discard(self) -> None:
        """Forget it. Safe to call twice."""
        for video in self._videos.values():
            video.discard()
        self._rows, self._videos = [], {}

    def _episode(self, success: bool | None) -> Episode:
        if not self._rows:
            raise DemonstrationError("nothing was recorded")
        stamps, *vectors = zip(*self._rows, strict=True)
        times, schema = np.array(stamps, np.float64), self._writer.schema
        sizes = (len(schema.names), len(schema.names), len(schema.environment))
        for rows, size in zip(vectors, sizes, strict=True):
            if any(row.shape != (size,) for row in rows):
                raise DemonstrationError(f"a frame is not of {size} numbers, but {rows[0].shape}")
        states, actions, environment = (np.stack(rows) for rows in vectors)
        times -= times[0]
        index = self._writer.episodes
        return Episode(index, self._task, success, times, states, actions, environment)

    def _full(self, error: Exception) -> DemonstrationError:
        there = self._writer.episodes
        return DemonstrationError(
            f"{self._writer.folder}: the episode cannot be written: {error}; those before it"
            f" ({there}) are whole; free some space and go on"
        )
