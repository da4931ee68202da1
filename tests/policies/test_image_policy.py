import subprocess
import sys
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from picture_reference import SPEC, picture_learner, picture_transitions, records
from tiny_envs import SeenReach

from policies.contract import Contract
from policies.errors import CheckpointError, PolicyError
from policies.image_policy import ImagePolicy, make_policy
from policies.observation import ImagePart, ObservationSpec
from policies.policy import Policy
from policies.policy_files import load_policy, save_policy
from policies.sac import SAC

CONTRACT = Contract("Seen-v0", SPEC, (-1.0,) * 3, (1.0,) * 3, {"field_of_view": 1.2})
SEEN = records(np.random.default_rng(0), 12)


@pytest.fixture(scope="module")
def sac() -> SAC:
    """A learner whose weights, biases and gains are all away from where they start."""
    learner = picture_learner(learning_rate=1e-2)
    for seed in range(3):
        learner.update(picture_transitions(seed))
    return learner


def arrays_of(sac: SAC) -> dict[str, np.ndarray]:
    return {name: array.copy() for name, array in sac.policy_arrays().items()}


def test_a_loaded_policy_acts_like_the_learner_it_came_from(tmp_path: Path, sac: SAC) -> None:
    save_policy(tmp_path, sac.policy_arrays(), CONTRACT, {"step": 7})
    saved = load_policy(tmp_path)
    np.testing.assert_array_equal(saved.act(SEEN), sac.act(SEEN, deterministic=True))
    assert saved.contract == CONTRACT


def test_batches_of_any_size_and_single_records_act_alike(sac: SAC) -> None:
    policy = ImagePolicy(arrays_of(sac), SPEC)
    whole = policy.act(SEEN)
    assert policy.act(SEEN[0]).shape == (3,)
    np.testing.assert_allclose(policy.act(SEEN[0]), whole[0], atol=1e-6)
    for count in (5, 1, 12, 5):
        np.testing.assert_allclose(policy.act(SEEN[:count]), whole[:count], atol=1e-6)
    grid = policy.act(SEEN.reshape(4, 3))
    np.testing.assert_array_equal(grid.reshape(12, 3), whole)


def test_batches_of_many_sizes_do_not_pile_up_in_memory(sac: SAC) -> None:
    policy, many = ImagePolicy(arrays_of(sac), SPEC), np.repeat(SEEN, 10)
    held = []
    tracemalloc.start()
    for count in range(40, 60):
        policy.act(many[:count])
        held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert held[-1] < 2 * held[3], "that of four sizes"


def test_it_follows_networks_still_in_training() -> None:
    learner = picture_learner(learning_rate=1e-2)
    policy = ImagePolicy(learner.policy_arrays(), SPEC)
    before = policy.act(SEEN)
    learner.update(picture_transitions(0))
    assert (policy.act(SEEN) != before).any()
    np.testing.assert_array_equal(policy.act(SEEN), learner.act(SEEN, deterministic=True))


def test_features_stay_what_they_were_when_the_next_pictures_come(sac: SAC) -> None:
    policy = ImagePolicy(arrays_of(sac), SPEC)
    first = policy.features(SEEN["seen"][:4])
    kept = first.copy()
    assert (policy.features(SEEN["seen"][4:8]) != kept).any()
    np.testing.assert_array_equal(first, kept)


def test_every_part_of_the_picture_and_every_number_can_change_the_action(sac: SAC) -> None:
    policy, before = ImagePolicy(arrays_of(sac), SPEC), None
    before = policy.act(SEEN[0])
    seen = np.zeros((12, 10, 2), np.bool_)
    for place in np.ndindex(seen.shape):
        other = SEEN[:1].copy()
        other["seen"][0][place] ^= 255
        seen[place] = (policy.act(other)[0] != before).any()
    assert seen.mean() > 0.95
    for i in range(2):
        other = SEEN[:1].copy()
        other["clock"][0, i] += 1
        assert (policy.act(other)[0] != before).any()


def change(name: str, value: Any) -> Any:
    return lambda arrays: arrays.update({name: np.asarray(value)})


def drop(name: str) -> Any:
    return lambda arrays: arrays.pop(name)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (dict.clear, "convolutions or linear are missing"),
        (drop("encoder.convolutions.0.stride"), "convolutions or linear are missing"),
        (drop("encoder.convolutions.1.stride"), "missing or unknown convolutions.1.bias"),
        (drop("encoder.convolutions.1.weight"), "convolutions.1.stride is there, but not a weight"),
        (drop("encoder.convolutions.0.bias"), "missing or unknown convolutions.0.bias"),
        (drop("encoder.linear.weight"), "missing or unknown linear.weight"),
        (drop("encoder.linear.bias"), "missing or unknown linear.bias"),
        (drop("encoder.norm.gain"), "missing or unknown norm.gain"),
        (drop("1.bias"), "not the arrays of a policy"),
        (change("encoder.rotation", [1.0]), "missing or unknown rotation"),
        (change("encoder.convolutions.0.stride", 0), "stride is 0, not a positive whole number"),
        (change("encoder.convolutions.0.stride", [2, 2]), r"stride is \[2 2\], not a positive"),
        (change("encoder.convolutions.0.stride", 2.5), "stride is 2.5, not a positive whole"),
        (change("encoder.convolutions.0.weight", np.ones((0, 0, 2, 4))), "not a weight of four"),
        (change("encoder.convolutions.0.weight", np.ones((4, 5, 2, 4))), r"shape \(4, 5, 2, 4\)"),
        (change("encoder.convolutions.0.weight", np.ones((4, 4, 3, 4))), r"need \(4, 4, 2, 4\)"),
        (change("encoder.convolutions.0.weight", np.ones((99, 99, 2, 4))), "kernel of 99"),
        (
            change("encoder.linear.bias", np.ones(8)),
            r"linear.weight has shape \(36, 7\).*\(36, 8\)",
        ),
        (change("0.weight", np.ones((8, 24))), "takes 8 numbers, but 7 features and 2 numbers"),
    ],
)
def test_arrays_that_are_no_policy_on_pictures_are_refused_by_name(
    tmp_path: Path, sac: SAC, damage: Any, message: str
) -> None:
    arrays = arrays_of(sac)
    damage(arrays)
    with pytest.raises(PolicyError, match=message):
        ImagePolicy(arrays, SPEC)
    save_policy(tmp_path, arrays, CONTRACT, {})
    with pytest.raises(CheckpointError, match=message):
        load_policy(tmp_path)


def test_a_blind_policy_and_a_seeing_one_are_not_taken_for_each_other(sac: SAC) -> None:
    blind = {name: x for name, x in arrays_of(sac).items() if not name.startswith("encoder.")}
    with pytest.raises(PolicyError, match="convolutions or linear are missing"):
        make_policy(blind, SPEC)
    with pytest.raises(PolicyError, match=r"not the arrays of a policy: .*encoder"):
        make_policy(arrays_of(sac), ObservationSpec(9))
    with pytest.raises(PolicyError, match="needs observations with a picture"):
        ImagePolicy(arrays_of(sac), ObservationSpec(9))
    assert isinstance(make_policy(blind, ObservationSpec(9)), Policy)


def test_weights_for_other_pictures_than_the_contract_says_are_refused(
    tmp_path: Path, sac: SAC
) -> None:
    larger = replace(CONTRACT, observation=replace(SPEC, image=ImagePart("seen", (20, 20, 2))))
    save_policy(tmp_path, sac.policy_arrays(), larger, {})
    with pytest.raises(CheckpointError, match=r"pictures of \(20, 20, 2\) .* need"):
        load_policy(tmp_path)


def test_observations_of_another_kind_are_refused(sac: SAC) -> None:
    policy = ImagePolicy(arrays_of(sac), SPEC)
    other = ObservationSpec(2, "clock", ImagePart("seen", (12, 12, 2)))
    for wrong in (np.zeros((3, 9), np.float32), np.zeros(3, other.dtype)):
        with pytest.raises(PolicyError, match="the policy takes observations of"):
            policy.act(wrong)


@pytest.mark.parametrize(
    "shape", [[12, 10], [12, 10, 2, 1], [12, 10, -2], ["a", 1, 1], 12, None, []]
)
def test_a_contract_with_a_damaged_picture_is_refused(shape: Any) -> None:
    plain = CONTRACT.to_json()
    plain["observation"]["image"]["shape"] = shape
    with pytest.raises(CheckpointError, match="the contract is incomplete"):
        Contract.from_json(plain)


class NarrowReach(SeenReach):
    def __init__(self, field_of_view: float) -> None:
        super().__init__()
        self.observation_details = {"camera": {"field_of_view": field_of_view}}


def test_a_policy_for_another_field_of_view_is_refused_with_both_sides_named() -> None:
    here, there = (Contract.of(NarrowReach(angle), "Seen-v0") for angle in (1.0, 1.3))
    here.check(Contract.from_json(here.to_json()), "run")
    with pytest.raises(CheckpointError, match=r"run: made for .*field_of_view 1.3, .* needs 1.0"):
        here.check(there, "run")


SCRIPT = """
import sys
from pathlib import Path
import numpy
from policies.policy_files import load_policy
policy = load_policy(Path(sys.argv[1]))
print(policy.act(numpy.zeros(2, policy.contract.observation.dtype)).shape)
heavy = ("gymnasium", "pybullet", "torch", "cv2", "matplotlib", "tensorboardX", "rich", "tyro")
print([name for name in heavy if name in sys.modules])
"""


def test_loading_and_acting_needs_numpy_and_safetensors_alone(tmp_path: Path, sac: SAC) -> None:
    save_policy(tmp_path, sac.policy_arrays(), CONTRACT, {})
    command = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["(2, 3)", "[]"], done.stderr
