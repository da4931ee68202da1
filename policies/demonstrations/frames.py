"""An episode as the rows of a LeRobot dataset: one a frame, and one that says what it is."""

from collections.abc import Mapping

import numpy as np

from policies.demonstrations.episode import Episode
from policies.demonstrations.layout import place_of
from policies.demonstrations.schema import ACTION, ENVIRONMENT, STAMP, STATE, SUCCESS
from policies.demonstrations.statistics import Statistics, figures
from policies.demonstrations.tables import Columns


def frame_columns(episode: Episode, first: int, task: int, rate: float) -> Columns:
    """Return the columns of all frames of ``episode``, whose first is frame ``first`` of all.

    ``timestamp`` is a grid of ``rate`` [Hz], as LeRobot's loader wants it to find a picture by;
    ``stamp`` is when each frame was really recorded.
    """
    k = len(episode)
    frames = np.arange(k)
    return {
        STATE: episode.states,
        ACTION: episode.actions,
        **({ENVIRONMENT: episode.environment} if episode.environment.shape[1] else {}),
        STAMP: episode.stamps,
        SUCCESS: np.full(k, bool(episode.success)),
        "timestamp": (frames / rate).astype(np.float32),
        "frame_index": frames,
        "episode_index": np.full(k, episode.index),
        "index": first + frames,
        "task_index": np.full(k, task),
    }


def frame_statistics(columns: Columns) -> Statistics:
    """Return the figures of each column, [m] or [1]."""
    return {name: figures(values.reshape(len(values), -1)) for name, values in columns.items()}


def episode_row(
    episode: Episode, first: int, rate: float, video_keys: Mapping[str, str], found: Statistics
) -> Columns:
    """Return what ``meta/episodes`` says of ``episode``, whose first is frame ``first`` of all."""
    chunk, file = place_of(episode.index)
    row: Columns = {
        "episode_index": episode.index,
        "tasks": [episode.task],
        "length": len(episode),
        SUCCESS: episode.success,
        "dataset_from_index": first,
        "dataset_to_index": first + len(episode),
    }
    for what in ("data", "meta/episodes", *(f"videos/{key}" for key in video_keys.values())):
        row |= {f"{what}/chunk_index": chunk, f"{what}/file_index": file}
    for key in video_keys.values():
        row[f"videos/{key}/from_timestamp"] = 0.0
        row[f"videos/{key}/to_timestamp"] = len(episode) / rate
    for key, values in found.items():
        row |= {f"stats/{key}/{name}": value.tolist() for name, value in values.items()}
    return row
