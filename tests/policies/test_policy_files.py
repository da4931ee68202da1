import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from policies.contract import Contract
from policies.errors import CheckpointError
from policies.observation import ObservationSpec
from policies.policy_files import load_policy, save_policy
from policies.sac import SAC, SACConfig

CONTRACT = Contract("Pendulum-v1", ObservationSpec(3), (-2.0,), (2.0,))
SCALE = {
    "observation_mean": np.array([1, 2, 3], np.float32),
    "observation_deviation": np.array([1, 10, 0.1], np.float32),
}
OBSERVATIONS = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)


def make_sac() -> SAC:
    return SAC(ObservationSpec(3), 1, SACConfig(hidden=(16, 8), threads=1), seed=3)


def test_a_loaded_policy_acts_like_the_learner_it_came_from(tmp_path: Path) -> None:
    sac = make_sac()
    save_policy(tmp_path, sac.policy_arrays(), CONTRACT, {"step": 7})
    saved = load_policy(tmp_path)
    np.testing.assert_array_equal(
        saved.act(OBSERVATIONS), sac.act(OBSERVATIONS, deterministic=True)
    )
    assert saved.act(OBSERVATIONS[0]).shape == (1,)
    assert saved.contract == CONTRACT
    assert saved.about["step"] == 7
    assert saved.about["versions"]["numpy"] == np.__version__


def test_the_normalisation_of_observations_travels_with_the_policy(tmp_path: Path) -> None:
    sac = make_sac()
    save_policy(tmp_path, dict(sac.policy_arrays()) | SCALE, CONTRACT, {})
    scaled = (OBSERVATIONS - SCALE["observation_mean"]) / SCALE["observation_deviation"]
    expected = sac.act(scaled.clip(-10, 10), deterministic=True)
    np.testing.assert_allclose(load_policy(tmp_path).act(OBSERVATIONS), expected, atol=1e-6)


def test_weights_that_do_not_fit_the_contract_are_refused(tmp_path: Path) -> None:
    other = Contract("Other-v0", ObservationSpec(4), (-2.0,), (2.0,))
    save_policy(tmp_path, make_sac().policy_arrays(), other, {})
    with pytest.raises(CheckpointError, match="takes 3 numbers, but observations have 4"):
        load_policy(tmp_path)


def test_arrays_of_something_else_are_refused_by_name(tmp_path: Path) -> None:
    save_policy(tmp_path, {"embedding": np.ones((2, 2), np.float32)}, CONTRACT, {})
    with pytest.raises(CheckpointError, match=f"{tmp_path}.*embedding"):
        load_policy(tmp_path)


def test_loading_a_policy_needs_numpy_and_safetensors_alone(tmp_path: Path) -> None:
    save_policy(tmp_path, make_sac().policy_arrays(), CONTRACT, {})
    script = """
import sys
for name in ("gymnasium", "rich", "tyro", "tensorboardX", "matplotlib", "torch", "pybullet"):
    sys.modules[name] = None
import numpy
from pathlib import Path
from policies.policy_files import load_policy
from policies.runs import find_policy
policy = load_policy(find_policy(sys.argv[1]))
print(policy.act(numpy.zeros(3, numpy.float32)).shape)
"""
    command = [sys.executable, "-c", script, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "(1,)", done.stderr
