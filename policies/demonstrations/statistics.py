"""Figures of every feature, by which LeRobot's policies normalise."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

QUANTILES = {"q01": 0.01, "q10": 0.10, "q50": 0.50, "q90": 0.90, "q99": 0.99}
NAMES = ("min", "max", "mean", "std", "count", *QUANTILES)

Figures = dict[str, NDArray[np.float64]]
Statistics = dict[str, Figures]


def figures(values: NDArray[Any]) -> Figures:
    """Return extremes, mean, deviation, quantiles and count of ``values`` [k, ...] over k."""
    wide = values.astype(np.float64)
    quantiles = np.quantile(wide, list(QUANTILES.values()), axis=0)
    return {
        "min": wide.min(axis=0),
        "max": wide.max(axis=0),
        "mean": wide.mean(axis=0),
        "std": wide.std(axis=0),
        "count": np.array([len(wide)], np.float64),
        **dict(zip(QUANTILES, quantiles, strict=True)),
    }


def picture_figures(pictures: Sequence[NDArray[np.uint8]]) -> Figures:
    """Return the figures of each channel of ``pictures``, each [3, 1, 1] in 0 to 1."""
    pixels = np.concatenate([image.reshape(-1, 3) for image in pictures])
    found = figures(pixels.astype(np.float32) / 255.0)
    count = {"count": np.array([len(pictures)], np.float64)}
    return {name: value.reshape(3, 1, 1) for name, value in found.items() if name != "count"} | (
        count
    )


def together(all_of_them: Sequence[Statistics]) -> Statistics:
    """Return the statistics of all episodes from those of each.

    Mean and deviation are exact (Chan et al. 1979); quantiles are weighted means, as LeRobot has
    them.
    """
    return {key: _merged([part[key] for part in all_of_them]) for key in all_of_them[0]}


def row_statistics(columns: Mapping[str, Any], row: int) -> Statistics:
    """Return the statistics in row ``row`` of columns that are named ``stats/KEY/FIGURE``."""
    found: Statistics = {}
    for column, values in columns.items():
        _, key, name = column.split("/")
        found.setdefault(key, {})[name] = np.asarray(values[row], np.float64)
    return found


def read_statistics(path: Path) -> Statistics | None:
    """Return the statistics in the file that ``to_json`` went to; None if it is not whole."""
    try:
        found: Statistics = {
            key: {name: np.asarray(values[name], np.float64) for name in NAMES}
            for key, values in json.loads(path.read_bytes()).items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return found if "index" in found else None


def to_json(statistics: Mapping[str, Figures]) -> dict[str, dict[str, Any]]:
    """Return ``statistics`` as plain lists."""
    return {
        key: {name: _plain(name, value) for name, value in found.items()}
        for key, found in statistics.items()
    }


def _merged(parts: Sequence[Figures]) -> Figures:
    counts = np.array([part["count"][0] for part in parts])
    weights = counts / counts.sum()

    def mean(values: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
        return np.asarray(np.tensordot(weights, np.stack(values), axes=1))

    middle = mean([part["mean"] for part in parts])
    spread = mean([part["std"] ** 2 + (part["mean"] - middle) ** 2 for part in parts])
    return {
        "min": np.min([part["min"] for part in parts], axis=0),
        "max": np.max([part["max"] for part in parts], axis=0),
        "mean": middle,
        "std": np.sqrt(spread),
        "count": np.array([counts.sum()]),
        **{name: mean([part[name] for part in parts]) for name in QUANTILES},
    }


def _plain(name: str, value: NDArray[np.float64]) -> Any:
    return value.astype(np.int64).tolist() if name == "count" else value.tolist()
