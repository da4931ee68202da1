"""Corrections: what the scripted expert would have done wherever a trained policy got."""

from contextlib import closing

import numpy as np
from numpy.typing import NDArray

from cli.console import CountBar, console
from cli.grasp_tasks import trained_env
from policies.config import TrainConfig
from policies.errors import PolicyError
from policies.observation import PRIVILEGED
from policies.policy_files import SavedPolicy, load_policy
from policies.runs import find_policy, find_run
from policies.seeding import TrainingSeeds
from policies.trajectory import Trajectory, load_trajectories
from sim.experts import expert_of
from sim.grasp_env import GraspEnv


def corrected(config: TrainConfig, name: str, count: int, quiet: bool) -> list[Trajectory]:
    """Return the demonstrations that run ``name`` keeps, and corrections of its policy.

    Those are ``count`` episodes in which the run's policy acts for a while and then the expert,
    told where the block is, each step with what the expert would have done there. (Dataset
    aggregation: Ross, Gordon, Bagnell 2011, "A Reduction of Imitation Learning and Structured
    Prediction to No-Regret Online Learning".) Raises PolicyError or RobotError if the run learned
    something else than ``config`` says, or from something else.
    """
    if config.algorithm != "bc":
        raise PolicyError("--corrected RUN is for --algorithm bc, which imitates alone")
    if count < 1:
        raise PolicyError(f"--corrections {count}: at least 1 is needed")
    run, saved = find_run(name), load_policy(find_policy(name))
    about = saved.about["config"]
    for what in ("env_id", "env_kwargs", "demos"):
        if about[what] != getattr(config, what):
            raise PolicyError(
                f"--corrected {name}: its {what} is {about[what]!r}, not {getattr(config, what)!r}"
            )
    known = load_trajectories(run.demonstrations, saved.contract)
    seeds = TrainingSeeds(config.seed)
    with (
        closing(trained_env(saved, name)) as env,
        CountBar("correcting", count, quiet) as bar,
    ):
        found = []
        for number in range(count):
            # Beyond those of the training's environments, and of replayed demonstrations.
            seed = seeds(config.num_envs + 1, len(known) + number)
            found.append(_correct(env, saved, seed))
            bar.add(found[-1].terminated)
    console.print(f"{len(known)} demonstrations of {name}; {count} episodes of its own corrected")
    return known + found


def _correct(env: GraspEnv, saved: SavedPolicy, seed: int) -> Trajectory:
    """Return the episode of ``seed``: the policy plays it, and the expert would, and takes over.

    A policy that is stuck would show nothing but one doubtful place again and again.
    """
    pack, told = saved.contract.observation.pack, expert_of(env.task).act
    alone = np.random.default_rng(seed).integers(env.task.config.steps // 2)
    observation, info = env.reset(seed=seed)
    seen = [pack(observation, info.get(PRIVILEGED))]
    labels: list[NDArray[np.float32]] = []
    rewards: list[float] = []
    over = terminated = False
    while not over:
        labels.append(told(env.task.observation(env.scene.arm.state(), env.scene.block())))
        action = saved.act(seen[-1]) if len(rewards) < alone else labels[-1]
        observation, reward, terminated, truncated, info = env.step(action)
        seen.append(pack(observation, info.get(PRIVILEGED)))
        rewards.append(reward)
        over = terminated or truncated
    return Trajectory(np.stack(seen), np.stack(labels), np.array(rewards, np.float32), terminated)
