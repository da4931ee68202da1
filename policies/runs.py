"""Where a run keeps its files, and how a policy is found by its name."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policies.checkpoint import MANIFEST, write_whole
from policies.config import TrainConfig, config_from_json, config_to_json
from policies.errors import PolicyError, UnknownNameError

RUNS = Path("runs")
PRETRAINED = Path(__file__).parent / "pretrained"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The files of one training run."""

    path: Path

    @property
    def config(self) -> Path:
        """Return the path of the resolved config."""
        return self.path / "config.json"

    @property
    def progress(self) -> Path:
        """Return the path of the learning curve."""
        return self.path / "progress.csv"

    @property
    def tensorboard(self) -> Path:
        """Return the folder of TensorBoard's event files."""
        return self.path / "tensorboard"

    @property
    def best(self) -> Path:
        """Return the checkpoint folder of the policy that evaluated best."""
        return self.path / "checkpoints" / "best"

    @property
    def last(self) -> Path:
        """Return the checkpoint folder that training resumes from."""
        return self.path / "checkpoints" / "last"

    @property
    def demonstrations(self) -> Path:
        """Return the folder of the demonstrations that it learns from, if it does."""
        return self.path / "demonstrations"

    @property
    def evaluation(self) -> Path:
        """Return the path of the newest evaluation's figures."""
        return self.path / "evaluation.json"

    def create(self, config: TrainConfig, needed_bytes: int) -> None:
        """Begin a run here: write its config, after trying that the disk will take its files.

        Raises PolicyError if the folder holds a run, cannot be written, or has too little space.
        """
        self.check_free()
        self.try_space(needed_bytes)
        write_json(self.config, config_to_json(config))

    def check_free(self) -> None:
        """Raise PolicyError if the folder holds a run."""
        if self.config.exists():
            raise PolicyError(f"{self.path} holds a run already; resume it or choose another name")

    def try_space(self, needed_bytes: int) -> None:
        """Raise PolicyError unless files of ``needed_bytes`` in all can be written here now."""
        try:
            self.last.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(self.path).free
            if free < needed_bytes:
                raise OSError(f"only {free / 1e6:.0f} MB are free")
            _claim(self.last / "probe.new", needed_bytes)
        except OSError as error:
            raise PolicyError(
                f"{self.path}: the {needed_bytes / 1e6:.0f} MB of its checkpoints cannot be "
                f"written: {error}; free some space, or choose another folder or a smaller "
                "replay_capacity"
            ) from error

    def read_config(self) -> TrainConfig:
        """Return the config of the run. Raises PolicyError if there is none or it is not valid."""
        try:
            data = json.loads(self.config.read_bytes())
        except FileNotFoundError:
            raise PolicyError(f"{self.path}: no run here ({self.config.name} is missing)") from None
        except (OSError, ValueError) as error:
            raise PolicyError(f"{self.config}: cannot be read: {error}") from error
        return config_from_json(TrainConfig, data, str(self.config))


def _claim(path: Path, size: int) -> None:
    """Make a file of ``size`` bytes and remove it: finds quotas that no figure tells."""
    try:
        with path.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, size)
    finally:
        path.unlink(missing_ok=True)


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Write ``values`` as JSON, whole or not at all. Raises PolicyError if it cannot be written."""
    try:
        write_whole(path, (json.dumps(values, indent=2) + "\n").encode())
    except OSError as error:
        raise PolicyError(f"{path}: cannot be written: {error}") from error


def find_policy(name: str, runs: Path = RUNS) -> Path:
    """Return the checkpoint folder meant by ``name``.

    It may be a checkpoint folder or run folder, the name of a run below ``runs``, or that of a
    policy that ships with the package. A run means its best checkpoint, or else its last one.
    Raises UnknownNameError listing the runs and policies there are.
    """
    for folder in (Path(name), runs / name, PRETRAINED / name):
        for candidate in (folder, RunFolder(folder).best, RunFolder(folder).last):
            if (candidate / MANIFEST).is_file():
                return candidate
    raise UnknownNameError("policy", name, policy_names(runs))


def policy_names(runs: Path = RUNS) -> list[str]:
    """Return the names of the shipped policies and of the runs below ``runs``."""
    shipped = [path.parent.name for path in PRETRAINED.glob(f"*/{MANIFEST}")]
    return sorted({*shipped, *run_names(runs)})


def find_run(name: str, runs: Path = RUNS) -> RunFolder:
    """Return the run in folder ``name`` or named so below ``runs``.

    Raises UnknownNameError listing the runs there are.
    """
    for folder in (Path(name), runs / name):
        if RunFolder(folder).config.is_file():
            return RunFolder(folder)
    raise UnknownNameError("run", name, run_names(runs))


def run_names(runs: Path = RUNS) -> list[str]:
    """Return the names of the runs below ``runs``."""
    return sorted(path.parent.name for path in runs.glob("*/config.json"))
