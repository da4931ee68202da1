"""Datasets of a known arm that tests make up, with any faults."""

from pathlib import Path

import numpy as np

from cli.demonstrated_arm import arm_schema
from policies.demonstrations.schema import Schema
from policies.demonstrations.writer import DatasetWriter
from robot.model import load_arm

MODEL = load_arm("dofbot")
RATE = 20.0


def waving(stamps: np.ndarray, swing: float = 0.3) -> np.ndarray:
    """Return poses [k, n + 1] of an arm whose every joint swings slowly about home, jaws open."""
    angles = MODEL.home + swing * np.sin(0.8 * stamps)[:, None] * np.ones(MODEL.n)
    return np.hstack([angles, np.full((len(stamps), 1), 0.05)])


def write(folder: Path, stamps: np.ndarray, rows: np.ndarray, schema: Schema | None = None) -> None:
    """Record one episode in which the arm measured and was told ``rows`` [k, m]."""
    with (
        DatasetWriter(folder, schema or arm_schema(MODEL, RATE, {})) as writer,
        writer.take("wave") as take,
    ):
        for stamp, row in zip(stamps, rows, strict=True):
            take.add(stamp, row, row)
        take.save(None)
