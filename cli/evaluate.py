"""Measure a policy on held-out episodes, or over the held-out grid of fixed conditions."""

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import tyro
from rich.console import Console

import sim  # noqa: F401  registers our environments
from cli.console import CountBar, describe
from cli.grasp_tasks import OURS, trained_env, with_randomization
from cli.grid import GridResult, evaluate_grid
from cli.grid_table import grid_table
from cli.pools import pool_of
from policies.checkpoint import write_whole
from policies.contract import Contract
from policies.environments import MakeEnv, make_environment, read_contract
from policies.errors import PolicyError
from policies.evaluation import evaluate
from policies.policy_files import SavedPolicy, load_policy
from policies.runs import PRETRAINED, RUNS, RunFolder, find_policy, write_json
from sim.grid import grid_cells
from sim.identified import find_randomization
from sim.object_families import SplitName

EXAMPLES = """
  twinarm evaluate dofbot-state
  twinarm evaluate dofbot-state --episodes 1000 --seed 12345 --json
  twinarm evaluate my-run --randomization wide --out evaluation.json
  twinarm evaluate my-run --clutter test          of shapes it never saw
  twinarm evaluate my-run --grid                  which condition hurts
"""

GRID = "default"
"""Randomization whose edges the grid is laid at."""


@dataclass(frozen=True)
class Options:
    """Which policy, and on which episodes."""

    policy: tyro.conf.Positional[str]
    """A run, a shipped policy, or a checkpoint folder."""
    episodes: int = 100
    """Episodes to run; without --grid."""
    seed: int = 12345
    """Seed of the first episode; the others follow it one by one."""
    randomization: str | None = None
    """Conditions: off, default, wide, or a file of `twinarm identify`; what it was trained with
    if not given. With --grid: whose edges the cells lie at and beyond; default if not given."""
    clutter: SplitName | None = None
    """For the full task: objects of this split, any one to be picked; what it was trained with if
    not given."""
    grid: bool = False
    """Evaluate in every cell of the held-out grid instead: fixed conditions, one at its edges
    and beyond while the others are in the middle of theirs, then all at their edges at once."""
    episodes_per_cell: int = 50
    """Episodes in each cell of the grid."""
    workers: int = 2
    """Processes to use; changes the speed, not the result."""
    json: bool = False
    """Print the figures as one JSON object and nothing else."""
    out: Path | None = None
    """Also write the figures to this file. With --grid: folder for grid.json and grid.svg; that
    of the run if not given."""


def run(options: Options) -> int:
    """Evaluate and print."""
    for name in ("episodes", "episodes_per_cell"):
        if getattr(options, name) < 1:
            flag = name.replace("_", "-")
            raise PolicyError(f"--{flag} {getattr(options, name)}: at least 1 is needed")
    folder = find_policy(options.policy)
    saved = load_policy(folder)
    return (_run_grid if options.grid else _run_episodes)(options, folder, saved)


def _run_episodes(options: Options, folder: Path, saved: SavedPolicy) -> int:
    if options.out is not None and not options.out.parent.is_dir():
        raise PolicyError(f"--out {options.out}: there is no folder {options.out.parent}")
    make_env, contract, conditions = _environment(options, saved, options.randomization)
    with CountBar("evaluating", options.episodes, quiet=options.json) as bar:
        evaluation = evaluate(
            saved.act,
            make_env,
            contract,
            episodes=options.episodes,
            first_seed=options.seed,
            make_pool=pool_of(options.workers),
            on_episode=_counter(bar),
        )
    assert evaluation is not None
    figures = evaluation.to_json() | conditions
    if options.out is not None:
        write_json(options.out, figures)
    figures |= {"policy": str(folder)}
    print(json.dumps(figures) if options.json else f"{folder}: {describe(evaluation)}")
    return 0


def _run_grid(options: Options, folder: Path, saved: SavedPolicy) -> int:
    name = options.randomization or GRID
    with closing(trained_env(saved, options.policy)) as env:
        model = env.task.model
        cells = grid_cells(find_randomization(name, model), model.n)
    if len(cells) == 1:
        raise PolicyError(f"--randomization {name} varies nothing, so it has no grid; try {GRID}")
    out = _grid_folder(options, folder)
    make_env, contract, conditions = _environment(options, saved, name)
    total = len(cells) * options.episodes_per_cell
    with CountBar(f"{len(cells)} cells", total, quiet=options.json) as bar:
        result = evaluate_grid(
            saved.act,
            make_env,
            contract,
            cells,
            episodes=options.episodes_per_cell,
            first_seed=options.seed,
            make_pool=pool_of(options.workers),
            on_episode=_counter(bar),
        )
    figures = {"policy": str(folder)} | conditions | result.to_json()
    _write_grid(out, figures, result, f"{options.policy} over the grid of randomization {name}")
    if options.json:
        print(json.dumps(figures))
    else:
        _print_grid(result, out)
    return 0


def _environment(
    options: Options, saved: SavedPolicy, randomization: str | None
) -> tuple[MakeEnv, Contract, dict[str, Any]]:
    """Return what makes the environments, their contract, and under what name they vary."""
    config = saved.about["config"]
    env_id, kwargs = config["env_id"], dict(config["env_kwargs"])
    if randomization is not None:
        kwargs = with_randomization(env_id, kwargs, randomization)
    if options.clutter is not None:
        kwargs["clutter"] = options.clutter
    make_env = partial(make_environment, env_id, kwargs)
    contract = read_contract(make_env, env_id)
    contract.check(saved.contract, options.policy)
    varies = env_id.rpartition(":")[2].startswith(OURS)
    named = {"randomization": kwargs.get("randomization", "off")} if varies else {}
    named |= {name: kwargs[name] for name in ("clutter",) if name in kwargs}
    return make_env, contract, named


def _counter(bar: CountBar) -> Callable[[dict[str, Any]], bool]:
    def count(info: dict[str, Any]) -> bool:
        bar.add(info.get("is_success"))
        return True

    return count


def _grid_folder(options: Options, checkpoint: Path) -> Path:
    """Return the folder for the grid's files, which is there: a run's own, or one among runs."""
    home = checkpoint.parents[1] if checkpoint.parent.name == "checkpoints" else checkpoint
    is_run = RunFolder(home).config.is_file() and PRETRAINED not in home.parents
    out = options.out or (home if is_run else RUNS / f"grid-{home.name}")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PolicyError(f"{out}: the folder cannot be made: {error}") from error
    return out


def _write_grid(out: Path, figures: dict[str, Any], result: GridResult, title: str) -> None:
    from cli.grid_plot import grid_plot, svg

    write_json(out / "grid.json", figures)
    path = out / "grid.svg"
    try:
        write_whole(path, svg(grid_plot(result, title)))
    except OSError as error:
        raise PolicyError(f"{path}: cannot be written: {error}") from error


def _print_grid(result: GridResult, out: Path) -> None:
    worst = result.worst
    Console(highlight=False).print(grid_table(result))
    print(f"worst cell: {worst.cell.name}, {worst.figures.successes} of {worst.figures.episodes}")
    print(f"wrote {out}/grid.json and {out}/grid.svg")
