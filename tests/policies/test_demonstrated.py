import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Box
from shown_reach import shown
from test_resume import assert_equal_runs
from tiny_envs import QUICK_LEARNER, Reach, SeenReach

from policies.batch import Batch
from policies.checkpoint import read_manifest, read_part, write_checkpoint
from policies.config import TrainConfig
from policies.demonstrated import MixedBatches, demonstrated_replay
from policies.errors import CheckpointError, PolicyError
from policies.nstep import Transitions
from policies.observation import ImagePart, ObservationSpec
from policies.replay import ReplayBuffer
from policies.runs import RunFolder
from policies.sac import SACConfig
from policies.trainer import Trainer
from policies.trajectory import Trajectory

SMALL = TrainConfig(
    "Reach-v0",
    demos="demos",
    total_steps=600,
    start_steps=100,
    num_envs=2,
    n_step=2,
    normalize_observations=True,
    replay_capacity=1000,
    eval_every=200,
    eval_episodes=5,
    checkpoint_every=200,
    log_every=100,
    sac=SACConfig(hidden=(16, 16), batch_size=32, threads=1, encoder="4k3s2", latent=4),
)


def experienced(spec: ObservationSpec, count: int = 50) -> ReplayBuffer:
    """Return a memory of rewards that are -1, where demonstrations earn 1."""
    replay = ReplayBuffer(count, spec, 1)
    numbers = replay.see(np.zeros((count, *spec.shape), spec.dtype))
    ones = np.ones(count, np.float32)
    replay.add(Transitions(numbers, ones[:, None], -ones, numbers, ones))
    return replay


def demonstration(spec: ObservationSpec, steps: int) -> Trajectory:
    observations = np.zeros((steps + 1, *spec.shape), spec.dtype)
    spec.vector(observations)[...] = 7
    ones = np.ones(steps, np.float32)
    return Trajectory(observations, ones[:, None], ones, False)


@pytest.mark.parametrize("image", [None, ImagePart("depth", (8, 8, 1))])
@pytest.mark.parametrize(("share", "rows"), [(0.0, 0), (0.25, 8), (0.5, 16), (1.0, 32)])
def test_the_share_of_every_batch_is_demonstrations(image, share, rows) -> None:
    spec = ObservationSpec(2, "state" if image else None, image)
    # Episodes this short have nearly two frames a transition, none of which may be lost.
    shows = demonstrated_replay([demonstration(spec, 1)] * 40, spec, 1, 1, 0.9)
    assert len(shows) == 40
    mixed = MixedBatches(experienced(spec), shows, share, Batch.empty(32, spec, 1))
    for seed in range(3):
        batch = mixed.sample(np.random.default_rng(seed))
        shown_rows = batch.reward == 1
        assert shown_rows.sum() == rows
        assert (spec.vector(batch.observation)[shown_rows] == 7).all()
        assert (spec.vector(batch.next_observation)[~shown_rows] == 0).all()


def test_two_memories_are_drawn_from_without_a_copy_of_their_rows() -> None:
    spec = ObservationSpec(2, "state", ImagePart("depth", (32, 32, 1)))
    shows = demonstrated_replay([demonstration(spec, 60)], spec, 1, 1, 0.9)
    mixed = MixedBatches(experienced(spec), shows, 0.5, Batch.empty(256, spec, 1))
    rng = np.random.default_rng(0)
    mixed.sample(rng)
    tracemalloc.start()
    mixed.sample(rng)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.1 * mixed.batch.observation.nbytes


def train(run: RunFolder, env: Any, config: TrainConfig = SMALL) -> None:
    with Trainer.start(config, run, env, demonstrations=shown(env, 6)) as trainer:
        trainer.train()


@pytest.mark.parametrize("env", [Reach, SeenReach])
def test_a_resumed_run_needs_no_dataset_and_goes_on_bit_for_bit(tmp_path: Path, env) -> None:
    straight, cut = RunFolder(tmp_path / "straight"), RunFolder(tmp_path / "cut")
    train(straight, env)
    train(cut, env, replace(SMALL, total_steps=400))
    with Trainer.resume(cut, env, total_steps=600) as trainer:
        trainer.train()
    assert_equal_runs(cut, straight)


def test_a_run_that_lost_its_demonstrations_is_not_resumed_without_them(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    train(run, Reach)
    for path in run.demonstrations.iterdir():
        path.unlink()
    with pytest.raises(CheckpointError, match="demonstrations: no checkpoint here"):
        Trainer.resume(run, Reach)


def test_a_run_saved_before_there_were_demonstrations_resumes(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    with Trainer.start(replace(SMALL, demos=None, total_steps=400), run, Reach) as trainer:
        trainer.train()
    manifest = read_manifest(run.last)
    parts = {name: read_part(run.last, manifest, name) for name in manifest["files"]}
    for name in ("demos", "demo_share", "algorithm", "cloning"):
        del manifest["config"][name]
    write_checkpoint(run.last, parts, {k: v for k, v in manifest.items() if k != "files"})
    with Trainer.resume(run, Reach, total_steps=600) as trainer:
        assert trainer.train().step == 600


@pytest.mark.parametrize(("demos", "count"), [(None, 2), ("demos", 0)])
def test_demonstrations_and_the_name_of_their_dataset_go_together(tmp_path, demos, count) -> None:
    run = RunFolder(tmp_path / "run")
    with pytest.raises(PolicyError, match="go together"):
        Trainer.start(replace(SMALL, demos=demos), run, Reach, demonstrations=shown(Reach, count))
    assert not run.path.exists()


class Corridor(Reach):
    """A target so far off that hardly a step may be wasted; nothing but arriving earns."""

    observation_space = Box(-8, 8, (1,), np.float32)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        super().reset(seed=seed)
        self.offset = 3.6 + 0.2 * self.offset
        return self._observation(), {}

    def step(self, action: Any) -> Any:
        self.left -= 1
        self.offset -= float(action[0])
        arrived = self.left == 0 and abs(self.offset) < 0.1
        return self._observation(), float(arrived), False, self.left == 0, {"is_success": arrived}


def test_what_chance_never_finds_is_learned_from_demonstrations(tmp_path: Path) -> None:
    config = replace(
        SMALL, total_steps=4000, start_steps=200, updates_per_step=1.0, eval_every=500, n_step=3,
        eval_episodes=20, checkpoint_every=0, target_success=1.0, sac=QUICK_LEARNER,
        normalize_observations=False,
    )  # fmt: skip
    alone = RunFolder(tmp_path / "alone")
    with Trainer.start(replace(config, demos=None, total_steps=2000), alone, Corridor) as trainer:
        result = trainer.train()
        assert result.evaluation is not None
        assert result.evaluation.success_rate == 0.0
    with Trainer.start(
        config, RunFolder(tmp_path / "shown"), Corridor, demonstrations=shown(Corridor, 10)
    ) as trainer:
        assert trainer.train().reached_target
