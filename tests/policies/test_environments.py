from functools import partial

import numpy as np
import pytest
from gymnasium.spaces import Box
from tiny_envs import Reach

from policies.contract import Contract
from policies.environments import make_environment, read_contract
from policies.errors import CheckpointError, PolicyError, UnknownNameError
from policies.observation import ObservationSpec

PENDULUM = Contract("Pendulum-v1", ObservationSpec(3), (-2.0,), (2.0,))


def test_the_contract_is_read_from_the_spaces() -> None:
    assert read_contract(partial(make_environment, "Pendulum-v1", {}), "Pendulum-v1") == PENDULUM


def test_an_unknown_id_is_answered_with_the_one_meant() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'Pendulum-v1'"):
        make_environment("Pendulm-v1", {})


def test_a_wrong_argument_is_named() -> None:
    with pytest.raises(PolicyError, match="wheels"):
        make_environment("Pendulum-v1", {"wheels": 3})


def test_a_module_prefix_registers_the_id() -> None:
    env = make_environment("gymnasium.envs:Pendulum-v1", {})
    assert env.spec is not None
    assert env.spec.id == "Pendulum-v1"


def test_discrete_actions_are_refused() -> None:
    with pytest.raises(PolicyError, match="actions are Discrete"):
        read_contract(partial(make_environment, "CartPole-v1", {}), "CartPole-v1")


def test_discrete_observations_are_refused_with_the_mend() -> None:
    with pytest.raises(PolicyError, match="FlattenObservation"):
        read_contract(partial(make_environment, "FrozenLake-v1", {}), "FrozenLake-v1")


def test_infinite_action_bounds_are_refused_with_the_mend() -> None:
    env = Reach()
    env.action_space = Box(-np.inf, np.inf, (1,), np.float32)
    with pytest.raises(PolicyError, match="RescaleAction"):
        Contract.of(env, "Reach-v0")


def test_a_rescaled_action_never_leaves_the_bounds() -> None:
    contract = Contract("x", ObservationSpec(1), (-0.3, 0.0), (0.7, 1e-3))
    rescaled = contract.rescale(np.array([[-1, -1], [0, 0], [1, 1], [2, -2]], np.float32))
    expected = np.array([[-0.3, 0], [0.2, 5e-4], [0.7, 1e-3], [0.7, 0]], np.float32)
    np.testing.assert_allclose(rescaled, expected, atol=1e-7)
    assert rescaled.max(axis=0)[1] <= np.float32(1e-3)


def test_a_contract_survives_json_and_names_its_first_difference() -> None:
    assert Contract.from_json(PENDULUM.to_json()) == PENDULUM
    PENDULUM.check(PENDULUM, "here")
    other = Contract("Pendulum-v1", ObservationSpec(4), (-2.0,), (2.0,))
    with pytest.raises(
        CheckpointError, match=r"here: made for observation.vector_size 4, but this needs 3"
    ):
        PENDULUM.check(other, "here")
    with pytest.raises(CheckpointError, match="incomplete"):
        Contract.from_json({"env_id": "Pendulum-v1"})
