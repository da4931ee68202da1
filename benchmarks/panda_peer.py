"""stable-baselines3's SAC with hindsight relabelling, on a goal environment."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.panda_courses import PeerSettings
from policies.environments import make_environment
from policies.observation import GOAL_PARTS, ObservationSpec


class HindsightPeer:
    """A SAC with a HerReplayBuffer in training, in one thread.

    spec: how our pools pack what its environment shows.
    """

    def __init__(
        self, env_id: str, settings: PeerSettings, spec: ObservationSpec, seed: int
    ) -> None:
        import torch
        from stable_baselines3 import SAC, HerReplayBuffer
        from stable_baselines3.common.monitor import Monitor
        from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

        torch.set_num_threads(1)
        self._spec = spec
        envs: Any = DummyVecEnv([lambda: Monitor(make_environment(env_id, {}))] * settings.num_envs)
        self._normalizer = VecNormalize(envs, gamma=settings.gamma) if settings.normalize else None
        self._envs = envs if self._normalizer is None else self._normalizer
        self._model = SAC(
            "MultiInputPolicy",
            self._envs,
            learning_rate=settings.learning_rate,
            buffer_size=settings.buffer_size,
            learning_starts=settings.start_steps,
            batch_size=settings.batch_size,
            tau=settings.tau,
            gamma=settings.gamma,
            train_freq=1,
            gradient_steps=round(settings.updates_per_step * settings.num_envs),
            replay_buffer_class=HerReplayBuffer,
            replay_buffer_kwargs={"n_sampled_goal": 4, "goal_selection_strategy": "future"},
            policy_kwargs={"net_arch": list(settings.hidden), "n_critics": settings.critics},
            seed=seed,
            device="cpu",
        )

    @property
    def steps(self) -> int:
        """Return the steps taken, summed over the environments."""
        return int(self._model.num_timesteps)

    def learn(self, steps: int) -> None:
        """Go on for so many steps, summed over the environments."""
        self._model.learn(steps, reset_num_timesteps=False)

    def act(self, observation: NDArray[Any]) -> NDArray[np.float32]:
        """Return the greedy actions [n, a] for observations [n, ...] as our pools pack them."""
        seen: Any = self.unpacked(observation)
        if self._normalizer is not None:
            seen = self._normalizer.normalize_obs(seen)
        return np.asarray(self._model.predict(seen, deterministic=True)[0])

    def unpacked(self, observation: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Return packed observations [n, ...] by the environment's names of their parts."""
        achieved = self._spec.achieved(observation)
        desired = achieved + observation[:, -self._spec.goal :]
        seen = observation[:, : -2 * self._spec.goal]
        return dict(zip(GOAL_PARTS, (seen, achieved, desired), strict=True))

    def close(self) -> None:
        """Free the environments."""
        self._envs.close()
