"""Measure a policy on held-out episodes, with a Wilson interval."""

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import tyro

import sim  # noqa: F401  registers our environments
from cli.console import CountBar, describe
from cli.pools import pool_of
from policies.environments import make_environment, read_contract
from policies.errors import PolicyError
from policies.evaluation import evaluate
from policies.policy_files import load_policy
from policies.runs import find_policy, write_json

EXAMPLES = """
  twinarm evaluate dofbot-state
  twinarm evaluate dofbot-state --episodes 1000 --seed 12345 --json
  twinarm evaluate my-run --out evaluation.json
"""


@dataclass(frozen=True)
class Options:
    """Which policy, and on which episodes."""

    policy: tyro.conf.Positional[str]
    """A run, a shipped policy, or a checkpoint folder."""
    episodes: int = 100
    """Episodes to run."""
    seed: int = 12345
    """Seed of the first episode; the others follow it one by one."""
    workers: int = 2
    """Processes to use; changes the speed, not the result."""
    json: bool = False
    """Print the figures as one JSON object and nothing else."""
    out: Path | None = None
    """Also write the figures to this file."""


def run(options: Options) -> int:
    """Evaluate and print."""
    if options.episodes < 1:
        raise PolicyError(f"--episodes {options.episodes}: at least 1 is needed")
    folder = find_policy(options.policy)
    saved = load_policy(folder)
    env_id = saved.about["config"]["env_id"]
    make_env = partial(make_environment, env_id, saved.about["config"]["env_kwargs"])
    contract = read_contract(make_env, env_id)
    contract.check(saved.contract, options.policy)
    if options.out is not None and not options.out.parent.is_dir():
        raise PolicyError(f"--out {options.out}: there is no folder {options.out.parent}")
    with CountBar("evaluating", options.episodes, quiet=options.json) as bar:

        def count(info: dict[str, Any]) -> bool:
            bar.add(info.get("is_success"))
            return True

        evaluation = evaluate(
            saved.act,
            make_env,
            contract,
            episodes=options.episodes,
            first_seed=options.seed,
            make_pool=pool_of(options.workers),
            on_episode=count,
        )
    assert evaluation is not None
    if options.out is not None:
        write_json(options.out, evaluation.to_json())
    figures = evaluation.to_json() | {"policy": str(folder)}
    print(json.dumps(figures) if options.json else f"{folder}: {describe(evaluation)}")
    return 0
