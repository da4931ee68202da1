"""What a run must have kept so that it can be resumed, and what may change when it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policies.checkpoint import Arrays, read_manifest, read_part
from policies.config import TrainConfig, config_from_json, config_to_json
from policies.contract import Contract
from policies.errors import CheckpointError, PolicyError

TRAINING = "training"
"""Part of a checkpoint that acting does not need."""
FREE_KEYS = {
    "total_steps",
    "eval_every",
    "eval_episodes",
    "eval_seed",
    "target_success",
    "checkpoint_every",
    "log_every",
    "tensorboard",
}
"""Entries of the config that may change at a resume: they do not change what is learned, but that
cloning's step size falls to nothing by the new total_steps."""
PARTS = ("gate", "sac", "cloning")
"""Entries of the config that are configs themselves."""


@dataclass(slots=True)
class Counters:
    """How far a run is: steps and updates done, and the step of each regular task's last time.

    best: (success rate, mean return) of the best evaluation so far.
    """

    step: int = 0
    updates: int = 0
    evaluated_at: int = 0
    logged_at: int = 0
    saved_at: int = 0
    seconds: float = 0.0
    reached_target: bool = False
    best: tuple[float, float] | None = None

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Counters:
        """Return the counters that a manifest holds. Raises TypeError or ValueError."""
        counters = cls(**values)
        if counters.best is not None:
            success, mean_return = counters.best
            counters.best = float(success), float(mean_return)
        return counters


@contextmanager
def kept_state(
    folder: Path, contract: Contract, config: TrainConfig
) -> Iterator[tuple[Mapping[str, Any], Arrays]]:
    """Yield manifest and arrays of the checkpoint in ``folder``, to be taken over within.

    Raises CheckpointError if it is damaged, a mere policy, or made for another environment or
    another config, also if that shows only while it is taken over.
    """
    manifest = read_manifest(folder)
    contract.check(Contract.from_json(manifest.get("contract", {})), str(folder))
    arrays = read_part(folder, manifest, TRAINING)
    try:
        check_config(config, manifest["config"])
        yield manifest, arrays
    except PolicyError as error:
        raise CheckpointError(f"{folder}: {error}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{folder}: the checkpoint is incomplete: {error!r}") from error


def check_config(config: TrainConfig, saved: Mapping[str, Any]) -> None:
    """Raise CheckpointError unless a run with ``config`` can go on where one of ``saved`` was.

    Settings that there were not yet when it was saved had their defaults.
    """
    before = config_to_json(config_from_json(TrainConfig, saved))
    ours, theirs = _flat(config_to_json(config)), _flat(before)
    for name in ours.keys() - FREE_KEYS:
        if ours[name] != theirs[name]:
            raise CheckpointError(
                f"made with {name} {theirs[name]!r}, but the run has {ours[name]!r}"
            )


def _flat(config: dict[str, Any]) -> dict[str, Any]:
    flat = {name: value for name, value in config.items() if name not in PARTS}
    parts = ((part, name, value) for part in PARTS for name, value in config[part].items())
    return flat | {f"{part}.{name}": value for part, name, value in parts}
