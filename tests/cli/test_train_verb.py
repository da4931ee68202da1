import json
import os
import stat
from pathlib import Path

import pytest
from small_policies import STATE, save_untrained
from verb_process import Interrupted

from cli.main import main

SMALL = (
    "--total-steps",
    "600",
    "--eval-every",
    "0",
    "--eval-episodes",
    "2",
    "--start-steps",
    "200",
)


def test_a_run_leaves_whole_files_and_can_be_evaluated(twinarm, tmp_path):
    told = twinarm("train", "--name", "first", *SMALL)
    assert told.returncode == 0, told.stderr
    assert "replay: 100,000 transitions, 7 MB" in told.stderr
    run = tmp_path / "runs" / "first"
    assert {path.name for path in run.iterdir()} >= {"config.json", "progress.csv", "checkpoints"}
    judged = twinarm("evaluate", "first", "--episodes", "3", "--json")
    figures = json.loads(judged.stdout)
    assert figures["episodes"] == 3
    assert figures["seeds"] == [12345, 12347]
    assert 0 <= figures["ci95"][0] <= figures["success_rate"] <= figures["ci95"][1] <= 1


def test_ctrl_c_saves_the_run_and_says_how_to_go_on(twinarm, tmp_path):
    progress = tmp_path / "runs" / "cut" / "progress.csv"
    going = Interrupted(
        tmp_path, "train", "--name", "cut", "--total-steps", "400000", "--eval-every", "0"
    )
    code, output = going.when(lambda: progress.exists() and progress.read_text().count("\n") > 1)
    assert code == 0, output
    assert "twinarm train --resume cut" in output
    resumed = twinarm("train", "--resume", "cut", "--until", "1200", "--quiet")
    assert resumed.returncode == 0, resumed.stderr


def test_a_general_environment_trains(twinarm):
    options = ("--total-steps", "600", "--eval-episodes", "1", "--curriculum", "off", "--quiet")
    told = twinarm("train", "Pendulum-v1", *options)
    assert told.returncode == 0, told.stderr
    assert "held-out" in told.stderr


def test_a_curriculum_is_refused_where_the_environment_has_none(twinarm_here, tmp_path):
    told = twinarm_here("train", "Pendulum-v1", "--curriculum", "on")
    assert told.returncode == 2
    assert "Pendulum-v1 has no curriculum" in " ".join(told.stderr.split())
    assert not (tmp_path / "runs").exists()


def test_the_randomization_asked_for_is_recorded_with_the_run(twinarm, tmp_path):
    told = twinarm("train", "--name", "varied", "--randomization", "wide", *SMALL, "--quiet")
    assert told.returncode == 0, told.stderr
    config = json.loads((tmp_path / "runs/varied/config.json").read_text())
    assert config["env_kwargs"] == {"randomization": "wide"}
    resumed = twinarm("train", "--resume", "varied", "--randomization", "off")
    assert resumed.returncode == 2
    assert "goes on with the recorded settings" in resumed.stderr


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (("Pendulum-v1", "--randomization", "default"), "Pendulum-v1 is no grasp of ours"),
        (("--randomization", "defalt"), "did you mean 'default'"),
    ],
)
def test_a_randomization_that_is_none_is_refused_before_training(
    twinarm_here, tmp_path, asked, reason
):
    told = twinarm_here("train", *asked)
    assert told.returncode == 2
    assert reason in " ".join(told.stderr.split())
    assert not (tmp_path / "runs").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_folder_is_refused_before_training(twinarm_here, tmp_path):
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    told = twinarm_here("train", *SMALL)
    tmp_path.chmod(stat.S_IRWXU)
    assert told.returncode == 2
    assert "runs" in told.stderr


def test_a_file_where_the_runs_belong_is_refused_before_training(twinarm_here, tmp_path):
    (tmp_path / "runs").write_text("in the way")
    told = twinarm_here("train", *SMALL)
    assert told.returncode == 2
    assert "runs" in told.stderr
    assert "Traceback" not in told.stderr


def test_an_altered_checkpoint_is_refused_by_name(twinarm_here, tmp_path):
    weights = _only(save_untrained(tmp_path / "first", STATE), "policy-*.safetensors")
    data = bytearray(weights.read_bytes())
    data[-5] ^= 0xFF
    weights.write_bytes(data)
    told = twinarm_here("evaluate", "first")
    assert told.returncode == 2
    assert weights.name in told.stderr


def _only(folder: Path, pattern: str) -> Path:
    (path,) = folder.glob(pattern)
    return path


@pytest.mark.parametrize(("size", "layers"), [(16, 2), (32, 3), (64, 3)])
def test_pictures_of_any_size_get_an_encoder_that_fits(tmp_path, monkeypatch, size, layers) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["twinarm/DofbotGraspDepth-v0", "--name", "seen", "--workers", "0", "--quiet"]
    words += ["--image-size", str(size), "--fov-degrees", "70", "--num-envs", "1"]
    words += ["--total-steps", "3", "--start-steps", "1", "--updates-per-step", "1"]
    words += ["--eval-episodes", "1", "--sac.batch-size", "2", "--sac.threads", "1"]
    words += ["--replay-capacity", "100"]
    assert main(["train", *words]) == 0
    config = json.loads(Path("runs/seen/config.json").read_text())
    assert config["env_kwargs"]["image_size"] == size
    assert config["env_kwargs"]["fov_degrees"] == 70.0
    assert len(config["sac"]["encoder"].split()) == layers


def test_a_camera_is_refused_where_there_is_none(capsys) -> None:
    assert main(["train", "Pendulum-v1", "--image-size", "32"]) == 2
    assert "image_size" in capsys.readouterr().err
