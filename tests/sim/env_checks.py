"""What the checkers of Gymnasium and of Stable-Baselines3 say of our environments."""

import warnings
from typing import Any

import gymnasium
import pytest
from gymnasium.utils.env_checker import check_env


def check_with_gymnasium(env_id: str, **options: Any) -> None:
    """Raise what Gymnasium finds wrong, warnings too."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gymnasium.make(env_id, render_mode="rgb_array", **options)
        check_env(env.unwrapped)
    env.close()


def check_with_stable_baselines3(env_id: str, **options: Any) -> None:
    """Raise what Stable-Baselines3 finds wrong, warnings too; skip the test without it."""
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gymnasium.make(env_id, **options)
        checker.check_env(env.unwrapped)
    env.close()
