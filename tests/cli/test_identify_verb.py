import json
from pathlib import Path

import numpy as np
import pytest

from robot.model import load_arm
from robot.recording import Recording
from robot.servo_file import read_servos

pytestmark = pytest.mark.real_time

MODEL = load_arm("dofbot")


@pytest.fixture
def servo_file(twinarm, tmp_path) -> Path:
    """Identify the faultless simulated arm."""
    told = twinarm("identify", "--arm", "sim", "--out", "found")
    assert told.returncode == 0, told.stderr
    assert "lag, from set-point to effect" in told.stdout
    return tmp_path / "found/servos-dofbot.json"


def test_what_is_identified_of_a_simulated_arm_is_what_it_was_given(twinarm, servo_file, tmp_path):
    data = json.loads(servo_file.read_text())
    data["lag_s"] = {"value": 0.12, "std": 0.001}
    zeros, gains = (0.03, -0.02, 0.04, -0.03, 0.01), (1.02, 0.98, 1.01, 0.99, 1.0)
    data["zero_offset_rad"] = [{"value": zero, "std": 0.001} for zero in zeros]
    data["joint_gain"] = [{"value": gain, "std": 0.001} for gain in gains]
    data["backlash_rad"] = {"value": 0.0087, "std": 0.001}
    servo_file.write_text(json.dumps(data))
    told = twinarm(
        "identify", "--arm", "sim", "--servos", str(servo_file), "--out", "again", "--json"
    )
    assert told.returncode == 0, told.stderr
    found = read_servos(Path(tmp_path / "again/servos-dofbot.json"), MODEL)
    assert found.lag is not None and found.lag.value == pytest.approx(0.12, abs=0.01)
    for zero, true in zip(found.zero_offset, zeros, strict=True):
        assert zero is not None and zero.value == pytest.approx(true, abs=np.radians(0.5))
    for gain, true in zip(found.joint_gain, gains, strict=True):
        assert gain is not None and gain.value == pytest.approx(true, abs=0.01)
    motion = Recording.load(tmp_path / "again/recording.npz")
    assert len(motion.stamps) > 500 and motion.slow.any() and not motion.slow.all()
    assert len((tmp_path / "again/visits.csv").read_text().splitlines()) == 41


def test_a_servo_file_serves_twin_training_evaluation_and_grid(twinarm, servo_file, tmp_path):
    verified = twinarm("verify", "--arm", "sim", "--servos", str(servo_file), "--json")
    assert verified.returncode == 0, verified.stderr
    trained = twinarm(
        "train", "--name", "own", "--randomization", str(servo_file), "--total-steps", "200",
        "--workers", "1", "--start-steps", "100", "--eval-every", "0", "--eval-episodes", "1",
    )  # fmt: skip
    assert trained.returncode == 0, trained.stderr
    config = json.loads((tmp_path / "runs/own/config.json").read_text())
    assert json.loads(config["env_kwargs"]["randomization"])["arm"] == "dofbot"
    servo_file.rename(tmp_path / "elsewhere.json")
    evaluated = twinarm("evaluate", "own", "--episodes", "1", "--workers", "1", "--json")
    assert evaluated.returncode == 0, evaluated.stderr


@pytest.mark.parametrize("verb", [("evaluate", "dofbot-state", "--episodes", "1"), ("view",)])
def test_a_servo_file_of_another_arm_is_refused(twinarm_here, tmp_path, verb):
    (tmp_path / "servos.json").write_text('{"format": "twinarm-servos", "version": 2}')
    told = twinarm_here(*verb, "--randomization", "servos.json")
    assert told.returncode == 2
    assert "servos.json: servo file of version 2" in told.stderr
    assert "Traceback" not in told.stderr


def test_servos_without_anything_simulated_are_refused(twinarm_here):
    told = twinarm_here(
        "deploy", "dofbot-state", "--arm", "tcp://127.0.0.1:1", "--insecure-loopback",
        "--block", "0.22", "0", "--servos", "servos.json",
    )  # fmt: skip
    assert told.returncode == 2
    assert "--servos is for what is simulated" in told.stderr
