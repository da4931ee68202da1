"""Settings for the tasks of panda-gym, which are learned by hindsight."""

from dataclasses import replace

from policies.config import TrainConfig
from policies.sac import SACConfig

PANDA_REACH = "panda_gym:PandaReach-v3"
PANDA_PLACE = "panda_gym:PandaPickAndPlace-v3"


def _reach(env_id: str) -> TrainConfig:
    return TrainConfig(
        env_id=env_id,
        total_steps=5_000,
        num_envs=4,
        start_steps=400,
        updates_per_step=0.5,
        replay_capacity=100_000,
        relabel=0.8,
        goal_reward=0.0,
        normalize_observations=True,
        eval_every=1_000,
        eval_episodes=100,
        sac=SACConfig(
            hidden=(64, 64),
            learning_rate=1e-3,
            alpha_learning_rate=1e-3,
            gamma=0.95,
            tau=0.02,
            batch_size=256,
            init_alpha=0.1,
            threads=1,  # the other core simulates
        ),
    )


def _place(env_id: str) -> TrainConfig:
    reach = _reach(env_id)
    return replace(
        reach,
        total_steps=400_000,
        num_envs=8,
        start_steps=2_000,
        replay_capacity=400_000,
        n_step=3,
        random_actions=0.2,  # or it seldom meets the block before it knows what for
        eval_every=20_000,
        sac=replace(reach.sac, hidden=(128, 128), slow_policy=True),
    )


PANDA_PRESETS = {PANDA_REACH: _reach, PANDA_PLACE: _place}
