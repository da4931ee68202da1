import json
from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete
from tiny_envs import SeenReach

from policies.contract import Contract
from policies.errors import CheckpointError, PolicyError
from policies.observation import ImagePart, ObservationSpec

SPACE = Dict({"depth": Box(0, 255, (4, 6, 2), np.uint8), "state": Box(-4, 4, (3,), np.float32)})
SEEN = ObservationSpec(3, "state", ImagePart("depth", (4, 6, 2)))


def sampled(count: int) -> list[dict[str, Any]]:
    SPACE.seed(0)
    return [SPACE.sample() for _ in range(count)]


def test_a_flat_box_is_a_float32_vector() -> None:
    spec = ObservationSpec.of(Box(-1, 1, (5,), np.float64))
    assert spec == ObservationSpec(5)
    assert (spec.shape, spec.dtype, spec.nbytes) == ((5,), np.float32, 20)
    assert spec.pack([1, 2, 3, 4, 5]).dtype == np.float32


def test_a_dict_of_image_and_vector_is_a_record_in_whatever_order_it_is_declared() -> None:
    assert ObservationSpec.of(SPACE) == SEEN
    assert ObservationSpec.of(Dict(dict(reversed(list(SPACE.items()))))) == SEEN
    assert (SEEN.shape, SEEN.nbytes) == ((), 4 * 6 * 2 + 3 * 4)
    assert SEEN.dtype == [("depth", "u1", (4, 6, 2)), ("state", "f4", (3,))]


def test_packed_parts_are_what_the_environment_gave() -> None:
    given = sampled(3)
    packed = np.stack([SEEN.pack(observation) for observation in given])
    assert packed.shape == (3,)
    for row, observation in enumerate(given):
        for name in ("depth", "state"):
            np.testing.assert_array_equal(packed[name][row], observation[name])
    assert np.shares_memory(SEEN.vector(packed), packed)


@pytest.mark.parametrize(
    "space",
    [
        Discrete(3),
        Box(0, 1, (2, 2), np.float32),
        Dict({"a": Box(0, 1, (2,), np.float32)}),
        Dict({**SPACE, "more": Box(0, 1, (2,), np.float32)}),
        Dict({**SPACE, "more": Discrete(2)}),
        Dict({**SPACE, "depth": Box(0, 1, (4, 4, 1), np.float32)}),
        Dict({**SPACE, "depth": Box(0, 255, (4, 4), np.uint8)}),
        Dict({**SPACE, "state": Box(0, 9, (3,), np.int64)}),
    ],
)
def test_other_spaces_are_refused_with_what_is_supported(space: Any) -> None:
    with pytest.raises(PolicyError, match=r"one uint8 Box \[height, width, channels\]"):
        ObservationSpec.of(space)


@pytest.mark.parametrize(
    ("part", "value", "reason"),
    [
        ("state", np.zeros(1, np.float32), r"'state' .* shape \(1,\), expected float32 of \(3,\)"),
        ("depth", np.zeros((4, 6, 1), np.uint8), r"'depth' .* \(4, 6, 1\), expected uint8"),
        ("depth", np.full((4, 6, 2), np.nan), "'depth' of an observation is float64"),
        ("depth", None, "no part 'depth'"),
    ],
)
def test_an_observation_that_is_not_of_its_space_is_refused(
    part: str, value: Any, reason: str
) -> None:
    observation = sampled(1)[0] | {part: value}
    if value is None:
        del observation[part]
    with pytest.raises(PolicyError, match=reason):
        SEEN.pack(observation)


def test_a_number_that_is_not_finite_is_found() -> None:
    packed = SEEN.pack(sampled(1)[0])
    assert SEEN.is_finite(packed)
    packed["state"][1] = np.inf
    assert not SEEN.is_finite(packed)


@pytest.mark.parametrize("spec", [SEEN, ObservationSpec(3)])
def test_packed_observations_survive_a_file(spec: ObservationSpec) -> None:
    observations = np.zeros((5, *spec.shape), spec.dtype)
    spec.vector(observations)[...] = np.arange(15).reshape(5, 3)
    plain = spec.to_plain(observations)
    assert plain.dtype in {np.dtype(np.uint8), np.dtype(np.float32)}
    np.testing.assert_array_equal(spec.from_plain(plain.copy()), observations)
    assert spec.from_plain(plain[:0].copy()).shape == (0, *spec.shape)
    with pytest.raises(CheckpointError, match="saved observations are"):
        spec.from_plain(plain[:, :-1].copy())


@pytest.mark.parametrize("spec", [SEEN, ObservationSpec(3)])
def test_a_spec_survives_json(spec: ObservationSpec) -> None:
    assert ObservationSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec


def test_what_observations_depend_on_is_part_of_the_contract() -> None:
    ours = Contract.of(SeenReach(), "Seen-v0")
    assert ours.details == {"scale": 4.0, "unit": "m"}
    assert Contract.from_json(json.loads(json.dumps(ours.to_json()))) == ours
    far = SeenReach()
    far.observation_details = {"scale": 8.0, "unit": "m"}
    with pytest.raises(CheckpointError, match=r"made for details.scale 8.0, but this needs 4.0"):
        ours.check(Contract.of(far, "Seen-v0"), "here")
    far.observation_details = {"scale": 4.0}
    with pytest.raises(CheckpointError, match=r"for details.unit not given, but this needs m"):
        ours.check(Contract.of(far, "Seen-v0"), "here")
    larger = Contract.of(SeenReach(size=32), "Seen-v0")
    message = r"observation.image.shape \[32, 32, 1\], but this needs \[16, 16, 1\]"
    with pytest.raises(CheckpointError, match=message):
        ours.check(larger, "here")
    blind = Contract("Seen-v0", ObservationSpec(2), (-0.5,), (0.5,))
    with pytest.raises(CheckpointError, match=r"made for observation.vector_name None"):
        ours.check(blind, "here")


def test_details_that_are_not_plain_are_refused() -> None:
    env = SeenReach()
    env.observation_details = {"scale": object()}
    with pytest.raises(PolicyError, match=r"observation_details .* not plain JSON"):
        Contract.of(env, "Seen-v0")
