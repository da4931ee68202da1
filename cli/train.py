"""Train a policy on a Gymnasium environment, by trial or from demonstrations."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import tyro

import sim  # noqa: F401  registers our environments
from cli.console import TrainingBar, console, describe
from cli.corrections import corrected
from cli.grasp_tasks import with_randomization
from cli.pools import pool_of
from cli.presets import GRASP, Task, encoder_for, preset
from cli.teachers import teacher_of
from cli.train_demos import demonstrations_of
from policies.cloning_config import CloningConfig
from policies.config import TrainConfig
from policies.environments import make_environment
from policies.errors import PolicyError
from policies.runs import RUNS, RunFolder, find_run, policy_names
from policies.sac_config import SACConfig
from policies.session import Session
from policies.trainer import Trainer
from sim.object_families import SplitName

EXAMPLES = """
  twinarm train                                   the guided grasp, ready in a minute
  twinarm train Pendulum-v1 --total-steps 15000   any Gymnasium id with Box actions
  twinarm train --name first --seed 3 --sac.gamma 0.95
  twinarm train twinarm/DofbotGraspDepth-v0 --randomization wide --image-size 64
  twinarm train --task full --demos demos/full    a whole grasp, learned from demonstrations too
  twinarm train --task full --clutter train       one of several objects, to be picked
  twinarm train --task place --demos demos/place  and putting the block on a target
  twinarm train --demos demos/expert              learn from demonstrations too
  twinarm train --algorithm bc --demos demos/expert --demo-episodes 50
  twinarm train --algorithm bc --demos demos/expert --corrected first    and what first should do
  twinarm train twinarm/DofbotGraspDepth-v0 --task full --algorithm dagger --teacher expert
  twinarm train panda_gym:PandaReach-v3           any environment of goals, with hindsight
  twinarm train --resume first --until 50000
"""


@dataclass(frozen=True)
class Options:
    """Settings of a run; its files go to runs/NAME/."""

    name: str | None = None
    """Name of the run; the environment and the time of day if not given."""
    resume: str | None = None
    """Go on with this run from its last checkpoint, bit for bit, with its recorded settings."""
    workers: int = 2
    """Processes that the environments run in; changes the speed, not the result."""
    quiet: bool = False
    """Show no progress."""
    until: int | None = None
    """With --resume: train to this step instead of the recorded end."""
    task: Task | None = None
    """What is to be done: guided; full, a whole grasp of a turned block; or place, to put it on a
    target; for our environments."""
    clutter: SplitName | None = None
    """With --task full: 1 to 5 objects of this split lie there, and any one is to be lifted."""
    randomization: str | None = None
    """Conditions that vary from episode to episode: off, default, wide, or a file of `twinarm
    identify`; for our environments."""
    image_size: int | None = None
    """Edge of the wrist camera's pictures [px], with an encoder that fits; where there is one."""
    fov_degrees: float | None = None
    """Field of view of the wrist camera [deg]; where there is one."""
    demo_episodes: int | None = None
    """With --demos: take so many episodes, the first that succeed; all if not given."""
    slow_demos: bool = False
    """With --demos: also take episodes that were recorded below the rate limit."""
    corrected: str | None = None
    """With --algorithm bc and the same --demos: clone those that this run keeps, and what the
    scripted expert would have done in episodes of its policy."""
    corrections: int = 200
    """With --corrected: so many episodes."""
    config: Annotated[TrainConfig, tyro.conf.arg(name="")] = field(
        default_factory=lambda: preset(GRASP)
    )


def defaults(args: Sequence[str]) -> tuple[Options, list[str]]:
    """Take the environment id off the front of ``args``; return its defaults and the rest."""
    named = bool(args) and not args[0].startswith("-")
    env_id = args[0] if named else GRASP
    shown = _asked(args, "--demos") is not None
    config = preset(env_id, _asked(args, "--algorithm") or "sac", _asked(args, "--task"), shown)
    return Options(config=config), list(args[named:])


def _asked(args: Sequence[str], option: str) -> str | None:
    """Return what ``args`` say of ``option``, which decides what the other defaults are."""
    for word, following in pairwise([*args, ""]):
        if word == option:
            return following
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
    return None


def run(options: Options) -> int:
    """Train, or resume, and say where the results are."""
    with _trainer(options) as trainer:
        folder = trainer.run.path
        if isinstance(trainer.session, Session):
            replay = trainer.session.learner.replay
            console.print(f"replay: {replay.capacity:,} transitions, {replay.nbytes / 1e6:,.0f} MB")
        with TrainingBar(options.quiet) as bar:
            result = trainer.train(None if options.quiet else bar)
    if result.interrupted:
        console.print(f"stopped at step {result.step:,}; twinarm train --resume {folder.name}")
    if trainer.session.converged:
        console.print("ended early: demonstrations held out are imitated no better by more updates")
    if result.evaluation is not None:
        console.print(f"last evaluation: {describe(result.evaluation)}")
    console.print(f"{result.step:,} steps in {result.seconds:.1f} s of training -> {folder}/")
    return 0


def _trainer(options: Options) -> Trainer:
    make_pool = pool_of(options.workers)
    if options.resume is None:
        if options.until is not None:
            raise PolicyError("--until goes with --resume; a new run takes --total-steps")
        config, run = _config(options), _new_run(options)
        if options.corrected is not None:
            shown = corrected(config, options.corrected, options.corrections, options.quiet)
        else:
            few, slow = options.demo_episodes, options.slow_demos
            shown = demonstrations_of(config, few, slow, options.quiet)
        teacher = teacher_of(config)
        return Trainer.start(
            config, run, make_pool=make_pool, demonstrations=shown, teacher=teacher
        )
    if options != Options(
        resume=options.resume,
        workers=options.workers,
        quiet=options.quiet,
        until=options.until,
        config=preset(options.config.env_id),
    ):
        raise PolicyError(
            "--resume goes on with the recorded settings: leave out --name and every setting,"
            " or use --until STEP to train for longer"
        )
    run = find_run(options.resume)
    teacher = teacher_of(run.read_config())
    return Trainer.resume(run, make_pool=make_pool, total_steps=options.until, teacher=teacher)


def _config(options: Options) -> TrainConfig:
    config = options.config
    lens = {"image_size": options.image_size, "fov_degrees": options.fov_degrees}
    asked = {name: value for name, value in lens.items() if value is not None}
    told = {"task": options.task, "clutter": options.clutter}
    kwargs = {name: value for name, value in told.items() if value is not None}
    config = replace(config, env_kwargs={**config.env_kwargs, **kwargs})
    if options.randomization is not None:
        config = replace(
            config,
            env_kwargs=with_randomization(config.env_id, config.env_kwargs, options.randomization),
        )
    if asked:
        make_environment(config.env_id, {**config.env_kwargs, **asked}).close()
        config = replace(config, env_kwargs={**config.env_kwargs, **asked})
    if options.image_size is not None:
        layers = encoder_for(options.image_size)
        if config.sac.encoder == SACConfig.encoder:
            config = replace(config, sac=replace(config.sac, encoder=layers))
        if config.cloning.encoder == CloningConfig.encoder:
            config = replace(config, cloning=replace(config.cloning, encoder=layers))
    return config


def _new_run(options: Options) -> RunFolder:
    task = options.config.env_id.rpartition("/")[2]
    name = options.name or f"{task}-{time.strftime('%Y%m%d-%H%M%S')}"
    if Path(name).name != name:
        raise PolicyError(f"--name {name!r} must be a plain name; the run goes to {RUNS}/NAME/")
    if name in policy_names(runs=Path(os.devnull)):
        raise PolicyError(f"--name {name!r} is that of a policy that ships with twinarm")
    run = RunFolder(RUNS / name)
    run.check_free()  # replaying demonstrations takes minutes
    return run
