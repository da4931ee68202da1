"""Finds what a report is about: a policy, and what its run or its folder tells of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.plots import Column, read_progress
from policies.errors import PolicyError, UnknownNameError
from policies.policy_files import SavedPolicy, load_policy
from policies.runs import PRETRAINED, RUNS, RunFolder, find_policy

GRID = "grid.json"


@dataclass(frozen=True, slots=True)
class Subject:
    """A policy read from ``checkpoint``, and what the files in ``home`` tell of it.

    progress: columns of its learning curve. evaluation: figures of ``evaluation.json``.
    grid: cells of ``grid.json``. Each is empty if there is no such file.
    """

    name: str
    home: Path
    checkpoint: Path
    saved: SavedPolicy
    progress: dict[str, Column]
    evaluation: Mapping[str, Any]
    grid: list[dict[str, Any]]

    @property
    def env_id(self) -> str:
        """Return the id of the environment it was trained on."""
        return str(self.saved.about["config"]["env_id"])

    @property
    def env_kwargs(self) -> dict[str, Any]:
        """Return the arguments of that environment's constructor."""
        return dict(self.saved.about["config"]["env_kwargs"])

    @property
    def origin(self) -> str:
        """Return where the policy is from, in words."""
        if self.is_shipped:
            return "the package, with which it ships"
        return str(self.checkpoint)

    @property
    def is_shipped(self) -> bool:
        """Return whether it came with the package."""
        return PRETRAINED in self.checkpoint.parents

    @property
    def last(self) -> Path:
        """Return the checkpoint that training would go on from; it may not be there."""
        return RunFolder(self.home).last

    @property
    def default_page(self) -> Path:
        """Return where its page goes: into its run, or among the runs if it is no run."""
        is_run = RunFolder(self.home).config.is_file() and not self.is_shipped
        return self.home / "report.html" if is_run else RUNS / f"report-{self.home.name}.html"


def find_subject(name: str) -> Subject:
    """Return what ``name`` means: a run, a shipped policy, or a checkpoint folder.

    Raises PolicyError naming the mend for a run that has no checkpoint yet.
    """
    try:
        checkpoint = find_policy(name)
    except UnknownNameError:
        for folder in (Path(name), RUNS / name):
            if RunFolder(folder).config.is_file():
                raise PolicyError(
                    f"{folder}: no checkpoint yet, and so no policy to look at; one is written at"
                    " every evaluation, at the end and on Ctrl-C: let it train on and try again"
                ) from None
        raise
    in_run = checkpoint.parent.name == "checkpoints"
    home = checkpoint.parents[1] if in_run else checkpoint
    curve, evaluation = RunFolder(home).progress, _read_json(RunFolder(home).evaluation)
    return Subject(
        name,
        home,
        checkpoint,
        load_policy(checkpoint),
        progress=read_progress(curve) if curve.is_file() else {},
        evaluation=evaluation if isinstance(evaluation, dict) else {},
        grid=_cells(_read_json(home / GRID)),
    )


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise PolicyError(f"{path}: cannot be read: {error}; mend it or remove it") from error


def _cells(found: Any) -> list[dict[str, Any]]:
    """Return the cells of a list, of an object's ``cells``, or of an object by cells' names."""
    if isinstance(found, dict):
        inner = found.get("cells", found)
        named = inner.items() if isinstance(inner, dict) else ()
        found = (
            inner
            if isinstance(inner, list)
            else [{"name": name, **cell} for name, cell in named if isinstance(cell, dict)]
        )
    return [cell for cell in found or () if isinstance(cell, dict)]
