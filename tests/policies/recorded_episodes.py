"""Small datasets that tests record, and what was put into them."""

from pathlib import Path

import numpy as np

from policies.demonstrations.episode import Episode
from policies.demonstrations.schema import Schema
from policies.demonstrations.writer import DatasetWriter

NAMES = ("shoulder", "elbow", "gripper")
PLAIN = Schema("toy", NAMES, 20.0)
FILMED = Schema("toy", NAMES, 20.0, {"front": (32, 48)})
PLACED = Schema("toy", NAMES, 20.0, environment=("block_x", "block_y"))
TASK = "move the block"


def frame_picture(episode: int, frame: int) -> np.ndarray:
    """Return a picture of one grey, which tells the episode and the frame after any encoding."""
    return np.full((32, 48, 3), 10 * frame + 5 * episode, np.uint8)


def record(
    folder: Path, schema: Schema = PLAIN, episodes: int = 1, frames: int = 12, seed: int = 0
) -> None:
    """Record, or go on recording."""
    random = np.random.default_rng(seed)
    with DatasetWriter(folder, schema) as writer:
        for _ in range(episodes):
            with writer.take(TASK) as take:
                for i in range(frames):
                    grey = {"front": frame_picture(writer.episodes, i)} if schema.cameras else None
                    stamp = i / schema.rate + random.uniform(0.0, 0.01)
                    numbers = random.normal(size=3), random.normal(size=3)
                    known = random.normal(size=len(schema.environment))
                    take.add(stamp, *numbers, grey, known)
                take.save(success=writer.episodes % 2 == 0)


def episode_of(stamps: list[float], states: np.ndarray, actions: np.ndarray) -> Episode:
    """Return an episode of just that."""
    times = np.array(stamps, np.float64)
    parts = (states, actions, np.zeros((len(times), 0)))
    return Episode(0, TASK, None, times, *(part.astype(np.float32) for part in parts))
