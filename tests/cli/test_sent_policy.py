"""A policy that somebody sent is taken whole and plain, or not at all."""

import tempfile

import numpy as np
import pytest
from forged_policies import FOLDER, GOOD, arrays, contract, forged
from safetensors.numpy import save

from cli.on_pi import run_policy
from cli.sent_policy import check_fits, pack_policy, unpack_policy
from hardware.runner import FILES, RunOrder
from policies.policy_files import load_policy
from policies.runs import find_policy
from robot.errors import RobotError
from robot.kinematic_arm import KinematicArm
from robot.model import load_arm
from robot.task import GraspTask, GraspTaskConfig

MODEL = load_arm("dofbot")
TASK = GraspTask(MODEL)


@pytest.fixture(autouse=True)
def spool(tmp_path, monkeypatch):
    """Let temporary files lie here, and see that none stays."""
    folder = tmp_path / "spool"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


def test_what_arrives_decides_as_what_was_sent():
    observation = np.random.default_rng(0).normal(size=(20, 10)).astype(np.float32)
    for files in (GOOD, forged()):
        sent = unpack_policy(files)
        check_fits(sent, TASK)
        np.testing.assert_array_equal(sent.act(observation), load_policy(FOLDER).act(observation))


def test_both_shipped_policies_are_small_enough_to_send():
    for name in ("dofbot-state", "dofbot-depth"):
        for part, data in pack_policy(find_policy(name)).items():
            assert len(data) < FILES[part] / 4


def altered(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


BOMB = b"cbuiltins\nopen\n(S'exploded'\nS'w'\ntR."
"""Pickled, in the oldest protocol: whoever loads it calls open("exploded", "w")."""

BAD = {
    "weights altered": (GOOD | {"weights": altered(GOOD["weights"], -5)}, "names its weights"),
    "manifest altered": (GOOD | {"manifest": altered(GOOD["manifest"], 700)}, "altered|read"),
    "weights truncated": (GOOD | {"weights": GOOD["weights"][:-100]}, "names its weights"),
    "manifest truncated": (GOOD | {"manifest": GOOD["manifest"][:-9]}, "cannot be read"),
    "empty": ({"manifest": b"", "weights": b""}, "cannot be read"),
    "a pickled manifest": (GOOD | {"manifest": BOMB}, "cannot be read"),
    "pickled weights": (forged(BOMB), "not a safetensors file"),
    "a list for a manifest": (GOOD | {"manifest": b"[1, 2]"}, "not a twinarm checkpoint"),
    "endless nesting": (GOOD | {"manifest": b"[" * 60_000}, "cannot be read"),
    "another version": (forged(version=2), "format version 2"),
    "no files": (forged(files={}), "no part 'policy'"),
    "files that are none": (forged(files=[3]), "no part 'policy'"),
    "a contract that is none": (forged(contract=[]), "contract is incomplete"),
    "a path upwards": (forged(file="../../etc/passwd"), "names its weights '../../etc/passwd'"),
    "an absolute path": (forged(file="/etc/passwd"), "names its weights '/etc/passwd'"),
    "a path of another checkpoint": (forged(file=str(FOLDER)), "names its weights"),
    "a path with a zero": (forged(file="policy\0.safetensors"), "names its weights"),
    "a path that is a number": (forged(file=7), "names its weights '7'"),
    "the manifest as weights": (forged(file="checkpoint.json"), "names its weights"),
    "float64": (forged(save({k: v.astype(float) for k, v in arrays().items()})), "float64"),
    "NaN": (forged(save(arrays() | {"1.bias": np.full(128, np.nan, np.float32)})), "not finite"),
    "infinite": (forged(save(arrays() | {"1.bias": np.full(128, np.inf, np.float32)})), "1.bias"),
    "an array too many": (forged(save(arrays() | {"x": np.ones(1, np.float32)})), "not the arrays"),
    "layers that do not fit": (
        forged(save(arrays() | {"0.weight": np.ones((10, 7), np.float32)})),
        "do not fit",
    ),
}  # fmt: skip


@pytest.mark.parametrize("bad", BAD)
def test_what_is_no_whole_checkpoint_is_refused_and_leaves_nothing(bad, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files, said = BAD[bad]
    with pytest.raises(RobotError, match=f"the policy that was sent is not taken: .*{said}") as e:
        unpack_policy(files)
    assert "spool" not in str(e.value), "a path of the server means nothing to who reads this"
    assert not (tmp_path / "exploded").exists()


def test_any_altered_byte_of_the_weights_is_noticed():
    for at in np.random.default_rng(0).integers(0, len(GOOD["weights"]), 20):
        with pytest.raises(RobotError):
            unpack_policy(GOOD | {"weights": altered(GOOD["weights"], int(at))})


def refit(files):
    check_fits(unpack_policy(files), TASK)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (forged(**contract(env_id="twinarm/UR5Grasp-v0")), "UR5Grasp-v0, but this server moves"),
        (forged(**contract(env_id="Pendulum-v1")), "trained on Pendulum-v1"),
        (forged(**contract(env_id="twinarm/DofbotGraspDepth-v0")), "trained on"),
        (forged(**contract(action_high=[1.0, 2.0])), "needs 2 in"),
        (forged(**contract(action_low=[float("nan"), -1.0])), "needs 2 in"),
        (pack_policy(find_policy("dofbot-depth")), "with a camera.*--on here --mirror"),
    ],
)
def test_a_policy_for_another_arm_or_task_is_refused(files, said):
    with pytest.raises(RobotError, match=said):
        refit(files)


def test_a_policy_that_sees_other_numbers_is_refused():
    wider = arrays()
    wider["0.weight"] = np.zeros((12, 128), np.float32)
    seen = {"vector_size": 12, "vector_name": None, "image": None}
    with pytest.raises(RobotError, match=r"from 12 numbers.*from 10"):
        refit(forged(save(wider), **contract(observation=seen)))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_policy_whose_numbers_overflow_to_nan_ends_the_run():
    huge = arrays()
    for name in huge:
        huge[name] = np.full_like(huge[name], 3e38)
    huge["2.weight"][::2] *= -1
    noted = []
    arm = KinematicArm(MODEL)
    order = RunOrder(forged(save(huge)), GraspTaskConfig(period=0.01), (MODEL.grasp.area_centre,))
    with arm, pytest.raises(RobotError, match="not 2 finite numbers"):
        run_policy(order, arm, lambda episode, phase: noted.append(phase))
    assert set(noted) == {"start"}
