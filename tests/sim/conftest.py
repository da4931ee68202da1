from collections.abc import Iterator

import pytest

from sim.grasp_env import GraspEnv


@pytest.fixture(scope="module")
def shared_env(request: pytest.FixtureRequest) -> Iterator[GraspEnv]:
    """The environment of a module's tests, made with the module's ``SETTINGS`` if it has any."""
    env = GraspEnv(**getattr(request.module, "SETTINGS", {}))
    yield env
    env.close()


@pytest.fixture
def env(shared_env: GraspEnv) -> Iterator[GraspEnv]:
    """An environment that other tests have used before, as it would be in training."""
    yield shared_env
    shared_env.on_period = None
