"""Train soft actor-critic on a Gymnasium environment: twinarm train ENV_ID [options]."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

import sim  # noqa: F401  registers our environments
from cli.console import TrainingBar, console, describe
from cli.pools import pool_of
from cli.presets import GRASP, preset
from policies.config import TrainConfig
from policies.errors import PolicyError
from policies.runs import RUNS, RunFolder, find_run
from policies.trainer import Trainer

EXAMPLES = """
  twinarm train                                   the guided grasp, ready in a minute
  twinarm train Pendulum-v1 --total-steps 15000   any Gymnasium id with Box actions
  twinarm train --name first --seed 3 --sac.gamma 0.95
  twinarm train --resume first --total-steps 50000
"""


@dataclass(frozen=True)
class Options:
    """Settings of a run; its files go to runs/NAME/."""

    name: str | None = None
    """Name of the run; the environment and the time of day if not given."""
    resume: str | None = None
    """Go on with this run from its last checkpoint, bit for bit; only --total-steps may change."""
    workers: int = 2
    """Processes that the environments run in; changes the speed, not the result."""
    quiet: bool = False
    """Show no progress."""
    config: Annotated[TrainConfig, tyro.conf.arg(name="")] = field(
        default_factory=lambda: preset(GRASP)
    )


def defaults(args: Sequence[str]) -> tuple[Options, list[str]]:
    """Take the environment id off the front of ``args``; return its defaults and the rest."""
    named = bool(args) and not args[0].startswith("-")
    env_id = args[0] if named else GRASP
    return Options(config=preset(env_id)), list(args[named:])


def run(options: Options) -> int:
    """Train, or resume, and say where the results are."""
    with _trainer(options) as trainer:
        folder = trainer.run.path
        with TrainingBar(options.quiet) as bar:
            result = trainer.train(None if options.quiet else bar)
    if result.interrupted:
        console.print(f"stopped at step {result.step:,}; twinarm train --resume {folder.name}")
    if result.evaluation is not None:
        console.print(f"last evaluation: {describe(result.evaluation)}")
    console.print(f"{result.step:,} steps in {result.seconds:.1f} s of training -> {folder}/")
    return 0


def _trainer(options: Options) -> Trainer:
    make_pool = pool_of(options.workers)
    if options.resume is None:
        return Trainer.start(options.config, _new_run(options), make_pool=make_pool)
    steps = options.config.total_steps
    recorded = find_run(options.resume)
    if steps == preset(options.config.env_id).total_steps:
        return Trainer.resume(recorded, make_pool=make_pool)
    return Trainer.resume(recorded, make_pool=make_pool, total_steps=steps)


def _new_run(options: Options) -> RunFolder:
    task = options.config.env_id.rpartition("/")[2]
    name = options.name or f"{task}-{time.strftime('%Y%m%d-%H%M%S')}"
    if Path(name).name != name:
        raise PolicyError(f"--name {name!r} must be a plain name; the run goes to {RUNS}/NAME/")
    return RunFolder(RUNS / name)
