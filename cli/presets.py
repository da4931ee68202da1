"""Settings that are known to work, by environment id; any other id gets the general ones."""

from dataclasses import replace
from typing import Literal

from cli.presets_panda import PANDA_PRESETS
from policies.cloning_config import CloningConfig
from policies.config import TrainConfig
from policies.sac import SACConfig

GRASP = "twinarm/DofbotGrasp-v0"
UR5_GRASP = "twinarm/UR5Grasp-v0"
DEPTH = "twinarm/DofbotGraspDepth-v0"
UR5_DEPTH = "twinarm/UR5GraspDepth-v0"
Task = Literal["guided", "full", "place"]
TAUGHT_SIZE = 64  # [px]; a block's turn does not show in fewer
SMALL, LARGE = 24, 48  # [px] edges of pictures that want fewer layers, or a larger stride


def preset(
    env_id: str, algorithm: str = "sac", task: str | None = None, shown: bool = True
) -> TrainConfig:
    """Return the settings to start from for ``env_id``, ``algorithm`` and, of ours, ``task``.

    shown: whether the task is learned from demonstrations too.
    """
    ours = {GRASP: _grasp, UR5_GRASP: _grasp, DEPTH: _depth, UR5_DEPTH: _depth}
    make = (ours | PANDA_PRESETS).get(env_id)
    config = make(env_id) if make else TrainConfig(env_id=env_id)
    if task == "place":
        config = _place(config)
    elif task == "full":
        config = _full(config)
        config = config if shown or env_id in (DEPTH, UR5_DEPTH) else _alone(config)
    if algorithm == "dagger":
        return _taught(config)
    if algorithm != "bc":
        return config
    return _cloning_placing(config) if task == "place" else _cloning(config)


def robust(config: TrainConfig) -> TrainConfig:
    """Return ``config`` of a guided grasp for an arm as it is, whose servos lag, play and err."""
    return replace(
        config,
        env_kwargs={"randomization": "default", "scales": "precise"},
        n_step=3,
        sac=replace(config.sac, slow_policy=True),
    )


def encoder_for(image_size: int) -> str:
    """Return convolutions that suit square pictures of ``image_size`` [px]: 4 x 4 remain of 16,
    of 32 and of 64."""
    if image_size < SMALL:
        return "16k4s2 32k4s1"
    return "16k4s2 32k4s2 32k3s1" if image_size < LARGE else "16k8s4 32k4s2 32k3s1"


def _full(config: TrainConfig) -> TrainConfig:
    """Return ``config`` for the full task, which is made for an arm as it is."""
    return replace(
        config,
        env_kwargs={**config.env_kwargs, "task": "full", "randomization": "default"},
        n_step=3,
        eval_every=config.total_steps // 10,
        sac=replace(config.sac, slow_policy=True),
    )


def _place(config: TrainConfig) -> TrainConfig:
    """Return ``config`` for placing, which takes twice as long as a grasp."""
    config = _full(config)
    return replace(
        config,
        env_kwargs={**config.env_kwargs, "task": "place"},
        total_steps=40_000,
        eval_every=8_000,
        sac=replace(config.sac, gamma=0.98),
    )


def _alone(config: TrainConfig) -> TrainConfig:
    """Return ``config`` of the full task for trial alone, which has to find out when to close.

    With fewer rewards summed, or noise that fades as usual, it still misses most blocks by then.
    """
    return replace(
        config,
        total_steps=60_000,
        num_envs=16,
        start_steps=4_000,
        updates_per_step=0.375,
        n_step=5,
        eval_every=10_000,
        sac=replace(config.sac, target_entropy=-2.0),
    )


def _taught(config: TrainConfig) -> TrainConfig:
    """Return ``config`` for learning from a teacher, what a depth camera sees of the full task."""
    return replace(
        config,
        env_kwargs={**config.env_kwargs, "image_size": TAUGHT_SIZE},
        total_steps=144_000,
        num_envs=16,
        start_steps=24_000,  # as many scenes, which seeing needs and whole episodes would not show
        updates_per_step=0.2,
        replay_capacity=144_000,
        eval_every=24_000,
        eval_episodes=100,
        checkpoint_every=60_000,
        cloning=CloningConfig(batch_size=128, encoder=encoder_for(TAUGHT_SIZE)),
    )


def _cloning(config: TrainConfig) -> TrainConfig:
    """Return ``config`` at the pace of cloning, whose steps are updates."""
    return replace(config, total_steps=4_000, eval_every=1_000, log_every=200)


def _cloning_placing(config: TrainConfig) -> TrainConfig:
    """Return ``config`` for cloning placing: it takes more updates, and longer to evaluate."""
    return replace(_cloning(config), total_steps=8_000, eval_every=8_000)


def _grasp(env_id: str) -> TrainConfig:
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


def _depth(env_id: str) -> TrainConfig:
    return TrainConfig(
        env_id=env_id,
        env_kwargs={"randomization": "default"},
        total_steps=96_000,
        num_envs=32,
        start_steps=16_000,  # seeing needs many episodes, and they are cheaper than updates
        updates_per_step=0.125,
        replay_capacity=100_000,
        n_step=3,
        eval_every=12_000,
        eval_episodes=100,
        sac=SACConfig(
            hidden=(256, 256),
            learning_rate=5e-4,
            gamma=0.97,
            tau=0.01,
            batch_size=128,
            init_alpha=0.1,
            encoder=encoder_for(32),
            slow_policy=True,
        ),
    )
