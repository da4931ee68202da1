import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.config import TrainConfig, config_from_json, config_to_json
from policies.errors import PolicyError
from policies.sac import SACConfig


def from_json(**values: object) -> TrainConfig:
    return config_from_json(TrainConfig, {"env_id": "Pendulum-v1", **values})


@given(
    seed=st.integers(0, 2**40),
    ratio=st.floats(0, 8),
    hidden=st.lists(st.integers(1, 512), min_size=1).map(tuple),
    target=st.none() | st.floats(0, 1),
    kwargs=st.dictionaries(st.text(), st.booleans() | st.integers() | st.text()),
)
def test_a_config_survives_json(seed, ratio, hidden, target, kwargs) -> None:  # type: ignore[no-untyped-def]
    config = TrainConfig(
        "Pendulum-v1",
        env_kwargs=kwargs,
        seed=seed,
        updates_per_step=ratio,
        target_success=target,
        sac=SACConfig(hidden=hidden),
    )
    assert config_from_json(TrainConfig, json.loads(json.dumps(config_to_json(config)))) == config


def test_an_unknown_key_is_answered_with_the_one_meant() -> None:
    with pytest.raises(PolicyError, match="config: unknown key 'num_env'; did you mean 'num_envs'"):
        from_json(num_env=3)
    with pytest.raises(PolicyError, match=r"config\.sac: unknown key 'gama'; did you mean 'gamma'"):
        from_json(sac={"gama": 0.9})


def test_a_key_like_no_other_is_answered_with_the_valid_ones() -> None:
    with pytest.raises(PolicyError, match="valid: env_id, env_kwargs, total_steps"):
        from_json(zzz=1)


@pytest.mark.parametrize(
    ("key", "value", "kind"),
    [
        ("total_steps", "many", "int"),
        ("num_envs", 2.5, "int"),
        ("seed", True, "int"),
        ("target_success", "high", "float or NoneType"),
        ("env_kwargs", 3, "dict"),
    ],
)
def test_a_value_of_the_wrong_type_is_named(key: str, value: object, kind: str) -> None:
    with pytest.raises(PolicyError, match=f"config.{key} is .*; it must be {kind}"):
        from_json(**{key: value})


def test_a_whole_number_serves_as_a_float() -> None:
    assert from_json(updates_per_step=1).updates_per_step == 1.0


def test_a_missing_key_is_named() -> None:
    with pytest.raises(PolicyError, match="env_id"):
        config_from_json(TrainConfig, {})


@pytest.mark.parametrize(
    ("name", "value", "least"),
    [
        ("total_steps", 0, 1),
        ("num_envs", 0, 1),
        ("n_step", 0, 1),
        ("eval_episodes", 0, 1),
        ("seed", -1, 0),
        ("updates_per_step", float("nan"), 0),
        ("log_every", -5, 0),
        ("replay_capacity", 3, 4),
    ],
)
def test_a_value_out_of_range_is_named(name: str, value: float, least: int) -> None:
    with pytest.raises(PolicyError, match=f"{name} is {value}; it must be at least {least}"):
        from_json(**{name: value})


def test_held_out_seeds_among_the_training_seeds_are_refused() -> None:
    with pytest.raises(PolicyError, match="held-out range"):
        from_json(eval_seed=2**31)
