import json

import numpy as np
import pytest

from policies.batch import Batch
from policies.errors import PolicyError
from policies.observation import ObservationSpec
from policies.policy import Policy
from policies.sac import SAC, SACConfig

THREE = ObservationSpec(3)
SMALL = SACConfig(hidden=(32, 32), batch_size=64, threads=1)


def transitions(seed: int, rows: int = 64) -> Batch:
    rng = np.random.default_rng(seed)
    return Batch(
        observation=rng.standard_normal((rows, 3), np.float32),
        action=rng.uniform(-1, 1, (rows, 2)).astype(np.float32),
        reward=rng.standard_normal(rows, np.float32),
        next_observation=rng.standard_normal((rows, 3), np.float32),
        discount=np.full(rows, 0.9, np.float32),
    )


def assert_same_state(left: SAC, right: SAC) -> None:
    (arrays, meta), (other_arrays, other_meta) = left.state(), right.state()
    assert arrays.keys() == other_arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, other_arrays[name], err_msg=name)
    assert meta == other_meta


@pytest.mark.parametrize("threads", [1, 2])
def test_learns_which_action_earns_most_in_each_state(threads):
    """One step, reward -|a - f(s)|^2: the mean action must approach f, whatever the state."""
    config = SACConfig(
        hidden=(64, 64),
        learning_rate=3e-3,
        alpha_learning_rate=3e-3,
        batch_size=128,
        threads=threads,
    )
    rng, sac = np.random.default_rng(0), SAC(THREE, 2, config, seed=0)
    slope = 0.5 * rng.standard_normal((3, 2))
    no_more = np.zeros(128, np.float32)
    for _ in range(600):
        observation = rng.standard_normal((128, 3), np.float32)
        action = sac.act(observation)
        error = action - np.tanh(observation @ slope)
        reward = -10 * np.square(error).sum(1).astype(np.float32)
        sac.update(Batch(observation, action, reward, observation, no_more), metrics=False)
    observation = rng.standard_normal((1000, 3), np.float32)
    error = sac.act(observation, deterministic=True) - np.tanh(observation @ slope)
    assert np.abs(error).mean() < 0.05  # 0.3 for an untrained policy


@pytest.mark.parametrize("threads", [1, 2])
def test_equal_seeds_learn_equal_weights_bit_for_bit(threads):
    config = SACConfig(hidden=(32, 32), batch_size=64, threads=threads)
    learners = [SAC(THREE, 2, config, seed=5) for _ in range(2)]
    for i in range(20):
        actions = [sac.act(transitions(i).observation) for sac in learners]
        np.testing.assert_array_equal(*actions)
        for sac in learners:
            sac.update(transitions(i), metrics=bool(i % 2))
    assert_same_state(*learners)


def test_other_seeds_learn_other_weights():
    first, second = (SAC(THREE, 2, SMALL, seed).state()[0] for seed in (0, 1))
    assert (first["actor.net.layers.0.weight"] != second["actor.net.layers.0.weight"]).any()
    critics = first["critic0.net.layers.0.weight"], first["critic1.net.layers.0.weight"]
    assert (critics[0] != critics[1]).any()


@pytest.mark.parametrize("threads", [1, 2])
def test_a_restored_learner_goes_on_bit_for_bit(threads):
    config = SACConfig(hidden=(32, 32), batch_size=64, threads=threads)
    sac = SAC(THREE, 2, config, seed=0)
    for i in range(5):
        sac.update(transitions(i))
    arrays, meta = sac.state()
    restored = SAC(THREE, 2, config, seed=99)
    restored.update(transitions(50))  # its processes run already when the state arrives
    restored.load_state(arrays, json.loads(json.dumps(meta)))
    for i in range(5, 10):
        sac.update(transitions(i))
        restored.update(transitions(i))
    np.testing.assert_array_equal(
        sac.act(transitions(0).observation), restored.act(transitions(0).observation)
    )
    assert_same_state(sac, restored)


def test_a_state_fits_any_number_of_threads():
    one, two = (SAC(THREE, 2, SACConfig((32, 32), batch_size=64, threads=n), 0) for n in (1, 2))
    one.update(transitions(0))
    two.load_state(*one.state())
    assert_same_state(one, two)
    for i in range(3):
        one.update(transitions(i))
        two.update(transitions(i))
    for name, array in one.state()[0].items():
        np.testing.assert_allclose(two.state()[0][name], array, atol=1e-5, err_msg=name)


def test_a_state_is_a_copy_that_learning_leaves_alone():
    sac = SAC(THREE, 2, SMALL, seed=0)
    arrays, _ = sac.state()
    before = {name: array.copy() for name, array in arrays.items()}
    sac.update(transitions(0))
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, before[name])


def test_a_state_of_other_sizes_is_refused_and_changes_nothing():
    sac, wider = (
        SAC(THREE, 2, SMALL, seed=0),
        SAC(ObservationSpec(4), 2, SMALL, seed=0),
    )
    before = sac.state()
    with pytest.raises(PolicyError, match=r"actor.net.layers.0.weight .*\(4, 32\), expected"):
        sac.load_state(*wider.state())
    deeper = SAC(THREE, 2, SACConfig((32, 32, 32), batch_size=64, threads=1), seed=0)
    with pytest.raises(PolicyError, match=r"unknown .*layers\.3\.weight"):
        sac.load_state(*deeper.state())
    with pytest.raises(PolicyError, match="counters are damaged"):
        sac.load_state(before[0], {"updates": 3})
    np.testing.assert_array_equal(
        before[0]["actor.net.layers.0.weight"], sac.state()[0]["actor.net.layers.0.weight"]
    )
    assert before[1] == sac.state()[1]


def test_the_policy_of_the_arm_acts_like_the_learner():
    sac = SAC(THREE, 2, SMALL, seed=0)
    for i in range(3):
        sac.update(transitions(i))
    policy = Policy({name: array.copy() for name, array in sac.policy_arrays().items()})
    observation = transitions(9).observation
    np.testing.assert_array_equal(policy.act(observation), sac.act(observation, deterministic=True))
    np.testing.assert_allclose(policy.act(observation[0]), policy.act(observation)[0], rtol=1e-5)


def test_a_deterministic_action_is_squashed():
    sac = SAC(THREE, 2, SMALL, seed=0)
    sac.policy_arrays()["2.bias"][:] = 50.0
    np.testing.assert_array_equal(sac.act(np.ones((1, 3), np.float32), deterministic=True), 1.0)
    assert np.abs(sac.act(np.ones((1, 3), np.float32))).max() <= 1


def test_sampled_actions_spread_around_the_mean_and_advance_the_generator():
    sac = SAC(THREE, 2, SMALL, seed=0)
    observation = np.zeros((500, 3), np.float32)
    first, second = sac.act(observation), sac.act(observation)
    assert (first != second).all()
    assert first.std(0).min() > 0.05


def test_temperature_rises_when_entropy_is_below_its_target_and_falls_above():
    for target, sign in ((50.0, 1), (-50.0, -1)):
        config = SACConfig((32, 32), batch_size=64, threads=1, target_entropy=target)
        sac = SAC(THREE, 2, config, seed=0)
        sac.update(transitions(0))
        assert np.sign(sac.alpha - 1.0) == sign


def test_a_fixed_temperature_stays():
    sac = SAC(THREE, 2, SACConfig((32,), batch_size=64, threads=1, learn_alpha=False), seed=0)
    sac.update(transitions(0))
    assert sac.alpha == 1.0


def test_metrics_are_only_worked_out_when_asked_for():
    sac = SAC(THREE, 2, SMALL, seed=0)
    assert sac.update(transitions(0), metrics=False) == {}
    figures = sac.update(transitions(0))
    assert set(figures) == {"critic_loss", "actor_loss", "value", "entropy", "alpha"}
    assert all(np.isfinite(value) for value in figures.values())


def test_layer_norm_critics_learn_too():
    config = SACConfig((32, 32), batch_size=64, threads=1, critic_layer_norm=True)
    sac = SAC(THREE, 2, config, seed=0)
    batch = transitions(0)
    terminal = Batch(
        batch.observation, batch.action, batch.reward, batch.observation, 0 * batch.reward
    )
    losses = [sac.update(terminal)["critic_loss"] for _ in range(300)]
    assert losses[-1] < 0.5 * losses[0]


def test_a_diverged_learner_says_so_and_how_to_mend_it():
    sac = SAC(THREE, 2, SMALL, seed=0)
    batch = transitions(0)
    batch.reward[0] = np.nan
    for _ in range(SAC.CHECK_EVERY - 1):
        sac.update(batch, metrics=False)
    with pytest.raises(PolicyError, match=r"actor\..* diverged within 200 updates: lower"):
        sac.update(batch, metrics=False)


@pytest.mark.parametrize(
    ("name", "shape"),
    [("observation", (64, 4)), ("action", (64, 1)), ("reward", (64, 1)), ("discount", (63,))],
)
def test_a_batch_that_does_not_fit_is_refused(name, shape):
    fields = {key: getattr(transitions(0), key) for key in Batch.__slots__}
    fields[name] = np.zeros(shape, np.float32)
    with pytest.raises(PolicyError, match=f"batch's {name} has shape"):
        SAC(THREE, 2, SMALL, seed=0).update(Batch(**fields))


@pytest.mark.parametrize(
    "settings",
    [
        {"learning_rate": 0.0},
        {"gamma": 1.1},
        {"tau": -0.1},
        {"hidden": ()},
        {"threads": 3},
        {"batch_size": 0},
        {"init_alpha": float("nan")},
    ],
)
def test_settings_out_of_range_are_refused_by_name(settings):
    with pytest.raises(PolicyError, match=next(iter(settings))):
        SACConfig(**settings)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda arrays: arrays.pop("1.bias"), "not the arrays of a policy"),
        (lambda arrays: arrays.update({"1.bias": np.zeros(7)}), "layer 1 has weight"),
        (lambda arrays: arrays.update({"1.weight": np.zeros((9, 32))}), "layer 0 gives 32"),
        (
            lambda arrays: arrays.update({"2.weight": np.zeros((32, 3)), "2.bias": np.zeros(3)}),
            "3 outputs",
        ),
        (lambda arrays: arrays.clear(), "none"),
    ],
)
def test_arrays_that_are_no_policy_are_refused(change, message):
    arrays = dict(SAC(THREE, 2, SMALL, seed=0).policy_arrays())
    change(arrays)
    with pytest.raises(PolicyError, match=message):
        Policy(arrays)


def test_an_observation_of_another_size_is_refused():
    policy = Policy(SAC(THREE, 2, SMALL, seed=0).policy_arrays())
    with pytest.raises(PolicyError, match=r"takes observations \[\.\.\., 3\], got shape \(4,\)"):
        policy.act(np.zeros(4, np.float32))
