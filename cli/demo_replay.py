"""Demonstrations of an arm, replayed in an environment, so that a policy of it can learn them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from cli.demonstrated_arm import arm_of, command_of
from cli.grasp_tasks import grasp_env
from cli.tables import ABSENT, OBJECT_NAMES
from policies.config import TrainConfig
from policies.contract import Contract
from policies.demonstrations.episode import Episode
from policies.demonstrations.errors import DemonstrationError
from policies.demonstrations.inspection import inspect_episode
from policies.demonstrations.reader import DatasetReader
from policies.demonstrations.schema import Schema
from policies.environments import make_environment
from policies.observation import PRIVILEGED
from policies.seeding import TrainingSeeds
from policies.trajectory import Trajectory
from robot.place_task import TARGET_NAMES, PlaceTask
from sim.clutter_scene import ClutterScene
from sim.grasp_env import GraspEnv

Array = NDArray[np.float32]

BLOCK, YAW = ("block_x", "block_y"), "block_yaw"

Options = dict[str, Any]
"""Of a reset, by name: where the block lies, and its target; or which objects lie where."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of an episode: why it is left out, or else what was seen, done and earned."""

    index: int
    fault: str | None = None
    trajectory: Trajectory | None = None


class DemoReplay:
    """Replays the episodes of a dataset in the environment of a training run.

    Each begins with the block where it lay, in conditions drawn as in training, and then takes the
    actions that come nearest to the recorded commands at their times. So observations and rewards
    are the environment's own, whatever it shows. (As ManiSkill's ``replay_trajectory`` does.)
    """

    def __init__(self, reader: DatasetReader, config: TrainConfig) -> None:
        """Prepare to replay ``reader``'s episodes. Raises PolicyError or RobotError if none can be.

        That is where it is empty, of another arm, or does not say where the block lay, or its
        target if the task has one.
        """
        self.reader, self._config = reader, config
        with closing(grasp_env(config.env_id, config.env_kwargs)) as env:
            _check(reader, env, config.env_id)
            self._columns = {"block": _block_columns(reader)}
            if isinstance(env.scene, ClutterScene):
                self._columns = {"objects": _object_columns(reader)}
            if isinstance(env.task, PlaceTask):
                self._columns["target"] = _target_columns(reader)

    def trajectories(
        self, count: int | None, slow_too: bool, on_episode: Callable[[Replayed], None]
    ) -> list[Trajectory]:
        """Return the first ``count`` episodes that succeed, all if None; tell of each when done.

        slow_too: also those recorded below the rate limit.
        """
        found: list[Trajectory] = []
        for replayed in self._replays(slow_too):
            on_episode(replayed)
            if replayed.trajectory is not None:
                found.append(replayed.trajectory)
            if len(found) == count:
                break
        return found

    def _replays(self, slow_too: bool) -> Iterator[Replayed]:
        config, seeds = self._config, TrainingSeeds(self._config.seed)
        with closing(make_environment(config.env_id, config.env_kwargs)) as env:
            contract = Contract.of(env, config.env_id.rpartition(":")[2])
            for episode in self.reader:
                fault = _fault(episode, self.reader.schema, slow_too)
                if fault is not None:
                    yield Replayed(episode.index, fault)
                    continue
                told = episode.environment[0].tolist()
                options: Options = {
                    name: [told[i] for i in at] for name, at in self._columns.items()
                }
                if "objects" in options:
                    options["objects"] = _laid(options["objects"])
                # Beyond those of the training's environments.
                seed = seeds(config.num_envs, episode.index)
                yield _replay(env, contract, episode, options, seed)


def _replay(
    env: gymnasium.Env[Any, Any],
    contract: Contract,
    episode: Episode,
    options: Options,
    seed: int,
) -> Replayed:
    arm = env.unwrapped
    assert isinstance(arm, GraspEnv)
    pack, period = contract.observation.pack, arm.task.config.period
    observation, info = env.reset(seed=seed, options=options)
    seen = [pack(observation, info.get(PRIVILEGED))]
    actions: list[Array] = []
    rewards: list[float] = []
    terminated = truncated = False
    while not (terminated or truncated):
        command = command_of(_told(episode, len(actions) * period))
        action = arm.task.action_towards(command, arm.scene.arm.state())
        observation, reward, terminated, truncated, info = env.step(action)
        seen.append(pack(observation, info.get(PRIVILEGED)))
        actions.append(action)
        rewards.append(float(reward))
    if not info.get("is_success", False):
        task = arm.task
        limit = (task.config.steps + task.finale_steps) * period
        late = (
            f"last longer than the {limit:g} s that there are" if episode.seconds > limit else None
        )
        return Replayed(episode.index, late or "fail when replayed")
    earned = np.array(rewards, np.float32)
    trajectory = Trajectory(np.stack(seen), np.stack(actions), earned, terminated)
    return Replayed(episode.index, None, trajectory)


def _told(episode: Episode, time: float) -> Array:
    """Return what was commanded at ``time`` [s], between two frames in proportion, [m]."""
    stamps, actions = episode.stamps, episode.actions
    after = int(np.clip(np.searchsorted(stamps, time), 1, len(stamps) - 1))
    begin, end = stamps[after - 1], stamps[after]
    share = np.float32(min(1.0, max(0.0, (time - begin) / (end - begin))))
    told: Array = actions[after - 1] + share * (actions[after] - actions[after - 1])
    return told


def _fault(episode: Episode, schema: Schema, slow_too: bool) -> str | None:
    """Return why ``episode`` is not worth a replay, None if it is."""
    if episode.success is False:
        return "failed when recorded"
    if not slow_too and inspect_episode(episode, schema.rate).slow:
        return "are below the rate limit (--slow-demos takes them too)"
    return None


def _check(reader: DatasetReader, env: GraspEnv, env_id: str) -> None:
    if not len(reader):
        raise DemonstrationError(
            f"{reader.folder}: no episodes in it yet; twinarm record {reader.folder}"
        )
    model, ours = arm_of(reader.schema), env.task.model
    if model.name != ours.name:
        raise DemonstrationError(
            f"{reader.folder}: demonstrations of {model.name}, but {env_id} has {ours.name}"
        )


def _block_columns(reader: DatasetReader) -> list[int]:
    missing = (
        f"it does not say where the block lay ({' and '.join(BLOCK)} of"
        " observation.environment_state), so no environment can be laid out the same; record"
        " it in simulation, or with --block X Y"
    )
    turned = YAW in reader.schema.environment
    return _columns(reader, (*BLOCK, YAW) if turned else BLOCK, missing)


def _object_columns(reader: DatasetReader) -> list[int]:
    missing = (
        f"it does not say which objects lay where ({OBJECT_NAMES[0]} and so on of"
        " observation.environment_state); record clutter: twinarm record DATASET --grasp full"
        " --clutter train --fast"
    )
    return _columns(reader, OBJECT_NAMES, missing)


def _columns(reader: DatasetReader, wanted: Sequence[str], missing: str) -> list[int]:
    """Return where ``wanted`` stand. Raises DemonstrationError, saying ``missing``, if not."""
    names = reader.schema.environment
    if not set(wanted) <= set(names):
        raise DemonstrationError(f"{reader.folder}: {missing}")
    return [names.index(name) for name in wanted]


def _laid(values: list[float]) -> list[list[float]]:
    """Return number, x, y and turn of each object of which ``OBJECT_NAMES`` have ``values``."""
    each = [values[first : first + 4] for first in range(0, len(values), 4)]
    return [one for one in each if one[0] != ABSENT]


def _target_columns(reader: DatasetReader) -> list[int]:
    names = reader.schema.environment
    if not set(TARGET_NAMES) <= set(names):
        raise DemonstrationError(
            f"{reader.folder}: it does not say where the block was to be put"
            f" ({' and '.join(TARGET_NAMES)} of observation.environment_state); record it anew:"
            " twinarm record DATASET --grasp place"
        )
    return [names.index(name) for name in TARGET_NAMES]
