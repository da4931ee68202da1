"""stable-baselines3's SAC with the settings of one of our trainings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policies.config import TrainConfig


class Peer:
    """A SAC of stable-baselines3 in training."""

    def __init__(self, config: TrainConfig, policy: str, policy_kwargs: dict[str, Any]) -> None:
        """Make it as ``config`` says, with ``policy`` and its own ``policy_kwargs``."""
        import torch
        from stable_baselines3 import SAC
        from stable_baselines3.common.vec_env import DummyVecEnv

        torch.set_num_threads(config.sac.threads)
        # In one process: on two cores its SubprocVecEnv steps no faster and takes 5 s to start.
        self._envs = DummyVecEnv([lambda: _environment(config)] * config.num_envs)
        self._model = SAC(
            policy,
            self._envs,
            learning_rate=config.sac.learning_rate,
            buffer_size=config.replay_capacity,
            learning_starts=config.start_steps,
            batch_size=config.sac.batch_size,
            tau=config.sac.tau,
            gamma=config.sac.gamma,
            train_freq=1,
            gradient_steps=round(config.updates_per_step * config.num_envs),
            ent_coef=f"auto_{config.sac.init_alpha}",
            policy_kwargs={"net_arch": list(config.sac.hidden)} | policy_kwargs,
            seed=config.seed,
            device="cpu",
        )

    def learn(self, steps: int) -> None:
        """Go on for so many steps, summed over the environments."""
        self._model.learn(steps, reset_num_timesteps=False)

    def act(self, observation: NDArray[Any]) -> NDArray[np.float32]:
        """Return the greedy actions [n, a] for observations [n, ...] as our pools pack them."""
        return np.asarray(self._model.predict(self._unpacked(observation), deterministic=True)[0])

    def close(self) -> None:
        """Free the environments."""
        self._envs.close()

    def _unpacked(self, observation: NDArray[Any]) -> Any:
        names = getattr(self._envs.observation_space, "spaces", None)
        return observation if names is None else {name: observation[name] for name in names}


MakePeer = Callable[[TrainConfig], Peer]


def missing_peer() -> str:
    """Return why there is no peer here, or an empty string."""
    try:
        import stable_baselines3  # noqa: F401
    except ImportError as error:
        return f"{error.name} is not installed: pip install 'twinarm[bench]'"
    return ""


def _environment(config: TrainConfig) -> Any:
    import gymnasium
    from stable_baselines3.common.monitor import Monitor

    arguments: dict[str, Any] = dict(config.env_kwargs)
    return Monitor(gymnasium.make(f"sim:{config.env_id}", **arguments))
