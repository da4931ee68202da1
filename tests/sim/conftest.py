from collections.abc import Iterator

import pytest

from sim.grasp_env import GraspEnv


@pytest.fixture(scope="module")
def shared_env() -> Iterator[GraspEnv]:
    env = GraspEnv()
    yield env
    env.close()


@pytest.fixture
def env(shared_env: GraspEnv) -> Iterator[GraspEnv]:
    """An environment that other tests have used before, as it would be in training."""
    yield shared_env
    shared_env.on_period = None
