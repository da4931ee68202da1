"""Whole episodes as arrays: what was seen, done and earned, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policies.checkpoint import Arrays, read_manifest, read_part, write_checkpoint
from policies.contract import Contract
from policies.errors import CheckpointError, PolicyError
from policies.frames import Numbers
from policies.nstep import Transitions
from policies.policy_files import policy_meta

Array = NDArray[np.float32]

PART = "trajectories"


@dataclass(frozen=True, slots=True, eq=False)
class Trajectory:
    """One episode of t steps; it ended, or was left, after the last.

    observations: [t + 1, ...] packed as `ObservationSpec` says. actions: [t, a] in [-1, 1].
    rewards: [t]. terminated: whether the last step ended the task, so that nothing follows; else
    the episode was only cut there.
    """

    observations: NDArray[Any]
    actions: Array
    rewards: Array
    terminated: bool

    def __post_init__(self) -> None:
        """Raise PolicyError unless all are of one length and hold a step at least."""
        t = len(self.rewards)
        if not t or len(self.actions) != t or len(self.observations) != t + 1:
            raise PolicyError(
                f"a trajectory of {len(self.observations)} observations, {len(self.actions)}"
                f" actions and {t} rewards: t steps have t + 1, t and t, and one at least"
            )

    def __len__(self) -> int:
        """Return the number of steps."""
        return len(self.rewards)

    @property
    def nbytes(self) -> int:
        """Return the memory of all arrays [bytes]."""
        return self.observations.nbytes + self.actions.nbytes + self.rewards.nbytes

    def transitions(self, n: int, gamma: float, frames: Numbers) -> Transitions:
        """Return the n-step transitions [t], as `NStepReturns` sums them.

        frames: [t + 1] the numbers by which the observations are referred to.
        """
        t = len(self)
        steps = np.arange(t)
        total, weight = np.zeros(t, np.float32), np.float32(1.0)
        for k in range(min(n, t)):
            total[: t - k] += weight * self.rewards[k:]
            weight *= np.float32(gamma)
        end = np.minimum(steps + n, t)
        over = (end == t) & self.terminated
        discount = np.where(over, 0.0, np.power(gamma, end - steps)).astype(np.float32)
        return Transitions(frames[:-1], self.actions, total, frames[end], discount)


def save_trajectories(
    folder: Path, trajectories: Sequence[Trajectory], contract: Contract, about: dict[str, Any]
) -> None:
    """Write episodes of one ``contract`` as a checkpoint, with JSON values ``about`` them.

    Raises PolicyError if the disk does not take it.
    """
    seen = np.concatenate([each.observations for each in trajectories])
    arrays: Arrays = {
        "observations": contract.observation.to_plain(seen),
        "actions": np.concatenate([each.actions for each in trajectories]),
        "rewards": np.concatenate([each.rewards for each in trajectories]),
        "lengths": np.array([len(each) for each in trajectories], np.int64),
        "terminated": np.array([each.terminated for each in trajectories], np.bool_),
    }
    write_checkpoint(folder, {PART: arrays}, policy_meta(contract, about))


def load_trajectories(folder: Path, contract: Contract) -> list[Trajectory]:
    """Read the episodes in ``folder``.

    Raises CheckpointError if there are none, they are damaged, or of another contract.
    """
    manifest = read_manifest(folder)
    contract.check(Contract.from_json(manifest.get("contract", {})), str(folder))
    arrays = read_part(folder, manifest, PART)
    try:
        seen = contract.observation.from_plain(arrays["observations"])
        ends = np.cumsum(arrays["lengths"])
        parts = (
            np.split(seen, (ends + np.arange(1, len(ends) + 1))[:-1]),
            np.split(arrays["actions"], ends[:-1]),
            np.split(arrays["rewards"], ends[:-1]),
            arrays["terminated"].tolist(),
        )
        return [Trajectory(*each) for each in zip(*parts, strict=True)]
    except (KeyError, ValueError, PolicyError) as error:
        raise CheckpointError(f"{folder}: not whole trajectories: {error}") from error
