"""Batches that hold demonstrations beside what was experienced."""

from collections.abc import Sequence

import numpy as np

from policies.batch import Batch
from policies.hindsight import HindsightReplay
from policies.observation import ObservationSpec
from policies.replay import ReplayBuffer
from policies.trajectory import Trajectory


def demonstrated_replay(
    trajectories: Sequence[Trajectory],
    spec: ObservationSpec,
    action_size: int,
    n_step: int,
    gamma: float,
) -> ReplayBuffer:
    """Return a replay memory of all transitions of ``trajectories``, n-step as experienced ones."""
    steps = sum(map(len, trajectories))
    replay = ReplayBuffer(steps, spec, action_size, open_sums=len(trajectories))
    for trajectory in trajectories:
        frames = replay.see(trajectory.observations)
        replay.add(trajectory.transitions(n_step, gamma, frames))
    return replay


class MixedBatches:
    """Draws batches of which a fixed share of the rows, the last ones, are demonstrations.

    So the few transitions that succeed are not lost among the many that do not. Ball et al. 2023,
    "Efficient Online Reinforcement Learning with Offline Data", section 4.1, takes half of each.
    Every row is written where it is read, by whichever memory it is from.

    The arrays are reused: they hold these values until the next draw.
    """

    def __init__(
        self,
        replay: ReplayBuffer | HindsightReplay,
        demonstrations: ReplayBuffer,
        share: float,
        batch: Batch,
    ) -> None:
        shown = round(share * len(batch))
        experienced = len(batch) - shown
        self.batch = batch
        self._parts: tuple[tuple[ReplayBuffer | HindsightReplay, Batch], ...] = (
            (replay, batch.part(slice(experienced))),
            (demonstrations, batch.part(slice(experienced, None))),
        )

    def sample(self, rng: np.random.Generator) -> Batch:
        """Return the batch, drawn anew: uniformly with replacement from each memory."""
        for replay, rows in self._parts:
            replay.fill(rng, rows)
        return self.batch
