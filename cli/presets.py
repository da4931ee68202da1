"""Settings that are known to work, by environment id; any other id gets the general ones."""

from policies.config import TrainConfig
from policies.sac import SACConfig

GRASP = "twinarm/DofbotGrasp-v0"


def preset(env_id: str) -> TrainConfig:
    """Return the settings to start from for ``env_id``."""
    if env_id != GRASP:
        return TrainConfig(env_id=env_id)
    return TrainConfig(
        env_id=env_id,
        total_steps=20_000,
        num_envs=8,
        start_steps=1_600,
        updates_per_step=0.5,
        replay_capacity=100_000,
        eval_every=4_000,
        eval_episodes=50,
        sac=SACConfig(
            hidden=(128, 128),
            learning_rate=5e-4,
            gamma=0.97,
            tau=0.01,
            batch_size=128,
            init_alpha=0.1,
            threads=1,  # the other core simulates
        ),
    )
