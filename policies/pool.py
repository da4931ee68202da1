"""Several environments stepped together: the interface, and the pool inside this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from policies.environments import MakeEnv
from policies.episode import EpisodeRunner
from policies.errors import CheckpointError
from policies.seeding import SeedPlan

Array = NDArray[np.float32]
Observation = NDArray[Any]
Flags = NDArray[np.bool_]
Info = dict[str, Any]

PoolStep = tuple[Observation, Array, Flags, Flags, Observation, list[Info]]
"""(observation, reward, terminated, truncated, next_observation, infos) of one step.

observation [n, ...], packed as `ObservationSpec` says, is what to act on next: of a new episode
where one ended. next_observation
[n, ...] is what the action led to, before any reset. infos holds one entry for each episode that
ended, with its "env", "seed", "return", "length", the plain values of its last info and, where
that does not tell them, the options of its reset; step by step "reward_terms" are summed over the
episode. Arrays stay valid until the next send().
"""

PoolState = tuple[dict[str, NDArray[Any]], dict[str, Any]]
"""Where every environment is: arrays and JSON values, as `EnvPool.state` returns them."""


class EnvPool(Protocol):
    """n environments that reset themselves; actions are in [-1, 1].

    Between ``send`` and ``recv`` the environments simulate while the caller computes. An
    environment is where its episode's seed and the actions since then took it, so the state of
    a pool is those actions, and restoring replays them.
    """

    @property
    def num_envs(self) -> int:
        """Return the number of environments."""

    def reset(self) -> Observation:
        """Start every environment's episode 0 and return the observations [n, ...]."""

    def send(self, actions: Array) -> None:
        """Begin one step of every environment with actions [n, a] in [-1, 1]."""

    def recv(self) -> PoolStep:
        """Wait for the step begun by `send` and return it."""

    def set_options(
        self, options: Mapping[str, Any] | None, indices: Sequence[int] | None = None
    ) -> None:
        """Pass ``options`` (plain JSON values) to every reset from now on.

        indices: numbers of the environments concerned; all if None.
        """

    def state(self) -> PoolState:
        """Return where every environment is. Not between send and recv."""

    def restore(self, state: PoolState) -> Observation:
        """Bring every environment where ``state`` says; return the observations [n, ...]."""

    def close(self) -> None:
        """Close the environments. Safe to call twice."""


class PoolFactory(Protocol):
    """Decides where environments run; ``sim.parallel.ProcessPool`` is one."""

    def __call__(
        self,
        make_part: Callable[[Sequence[int]], EnvPool],
        num_envs: int,
        observation_shape: tuple[int, ...],
        observation_dtype: np.dtype[Any],
        action_size: int,
    ) -> EnvPool:
        """Return a pool of ``num_envs``; ``make_part`` makes the part with the given indices."""


class SerialPool:
    """Environments in this process, stepped one after the other.

    ``indices`` are their numbers within the whole pool, which decide their seeds.
    """

    def __init__(
        self,
        make_env: MakeEnv,
        seeds: SeedPlan,
        indices: Sequence[int],
    ) -> None:
        self._runners = [EpisodeRunner(make_env(), index, seeds) for index in indices]
        self._contract = self._runners[0].contract
        self._actions: Array | None = None

    @property
    def num_envs(self) -> int:
        """Return the number of environments."""
        return len(self._runners)

    def reset(self) -> Observation:
        """Start every environment's episode 0 and return the observations [n, ...]."""
        self._actions = None
        return np.stack([runner.start(episode=0) for runner in self._runners])

    def send(self, actions: Array) -> None:
        """Begin one step of every environment with actions [n, a] in [-1, 1]."""
        self._actions = self._contract.rescale(actions)

    def recv(self) -> PoolStep:
        """Take the step begun by `send` and return it."""
        if self._actions is None:
            raise RuntimeError("recv() without send()")
        steps = [runner.step(a) for runner, a in zip(self._runners, self._actions, strict=True)]
        self._actions = None
        infos = [step.info for step in steps if step.info is not None]
        return (
            np.stack([step.observation for step in steps]),
            np.array([step.reward for step in steps], np.float32),
            np.array([step.terminated for step in steps], np.bool_),
            np.array([step.truncated for step in steps], np.bool_),
            np.stack([step.next_observation for step in steps]),
            infos,
        )

    def set_options(
        self, options: Mapping[str, Any] | None, indices: Sequence[int] | None = None
    ) -> None:
        """Pass ``options`` to every reset from now on, of environments ``indices`` if not None."""
        for runner in self._runners:
            if indices is None or runner.index in indices:
                runner.next_options = dict(options) if options is not None else None

    def state(self) -> PoolState:
        """Return each episode's number and the actions [sum of lengths, a] taken in it."""
        runners = self._runners
        arrays = {
            "index": np.array([runner.index for runner in runners], np.int64),
            "episode": np.array([runner.episode for runner in runners], np.int64),
            "length": np.array([len(runner.actions) for runner in runners], np.int64),
            "actions": np.concatenate([runner.action_log() for runner in runners]),
        }
        return arrays, {"options": [[runner.options, runner.next_options] for runner in runners]}

    def restore(self, state: PoolState) -> Observation:
        """Replay every open episode of these indices; return the observations [n, ...].

        ``state`` may be that of a larger pool. Raises CheckpointError if an index is missing.
        """
        arrays, meta = state
        self._actions = None
        logs = np.split(arrays["actions"], np.cumsum(arrays["length"])[:-1])
        rows = {int(index): row for row, index in enumerate(arrays["index"])}
        observations = []
        for runner in self._runners:
            if runner.index not in rows:
                raise CheckpointError(f"the saved pool has no environment {runner.index}")
            row = rows[runner.index]
            runner.next_options, after = meta["options"][row]
            observations.append(runner.replay(int(arrays["episode"][row]), logs[row]))
            runner.next_options = after
        return np.stack(observations)

    def close(self) -> None:
        """Close the environments."""
        for runner in self._runners:
            runner.env.close()
        self._runners.clear()


def in_process(
    make_part: Callable[[Sequence[int]], EnvPool],
    num_envs: int,
    observation_shape: tuple[int, ...],
    observation_dtype: np.dtype[Any],
    action_size: int,
) -> EnvPool:
    """Return a pool in this process: the default `PoolFactory`."""
    return make_part(range(num_envs))
