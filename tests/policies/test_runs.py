import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from policies.checkpoint import write_checkpoint
from policies.config import TrainConfig
from policies.errors import PolicyError, UnknownNameError
from policies.runs import RunFolder, find_policy, find_run, policy_names

CONFIG = TrainConfig("Pendulum-v1")


def checkpoint(folder: Path) -> Path:
    write_checkpoint(folder, {"policy": {"x": np.zeros(1)}}, {})
    return folder


def test_a_new_run_keeps_its_config(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "one")
    run.create(CONFIG, 1000)
    assert run.read_config() == CONFIG
    assert json.loads(run.config.read_text())["sac"]["hidden"] == list(CONFIG.sac.hidden)
    assert not any(run.last.iterdir())


def test_a_run_is_not_overwritten(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.create(CONFIG, 1000)
    with pytest.raises(PolicyError, match="holds a run already; resume it"):
        run.create(CONFIG, 1000)


def test_a_folder_that_cannot_be_written_is_refused_before_training(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PolicyError, match="cannot be written"):
        RunFolder(tmp_path / "file" / "run").create(CONFIG, 1000)


def test_too_little_space_is_refused_before_training(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    with pytest.raises(PolicyError, match=r"the 1000000000 MB .*only \d+ MB are free; free some"):
        run.create(CONFIG, 10**15)
    assert not run.config.exists()
    assert not any(run.last.iterdir())


def test_a_quota_is_found_by_really_claiming_the_space(tmp_path: Path) -> None:
    script = """
import resource, sys
from pathlib import Path
from policies.errors import PolicyError
from policies.runs import RunFolder
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
try:
    RunFolder(Path(sys.argv[1])).try_space(2_000_000)
except PolicyError as error:
    print(error)
"""
    command = [sys.executable, "-c", script, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "the 2 MB of its checkpoints cannot be written" in done.stdout, done.stderr
    assert "File too large" in done.stdout


@pytest.mark.parametrize(
    ("text", "reason"),
    [("{", "cannot be read"), ('{"env_id": "x", "nun_envs": 1}', "did you mean 'num_envs'")],
)
def test_a_damaged_config_is_refused_by_name(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(PolicyError, match=f"config.json.*{reason}"):
        RunFolder(tmp_path).read_config()


def test_a_policy_is_found_by_path_by_run_and_by_checkpoint(tmp_path: Path) -> None:
    last = checkpoint(tmp_path / "a" / "checkpoints" / "last")
    assert find_policy("a", tmp_path) == last
    best = checkpoint(tmp_path / "a" / "checkpoints" / "best")
    assert find_policy("a", tmp_path) == best
    assert find_policy(str(tmp_path / "a"), tmp_path / "elsewhere") == best
    assert find_policy(str(last), tmp_path / "elsewhere") == last


def test_an_unknown_policy_is_answered_with_the_one_meant(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "grasp-one")
    run.create(CONFIG, 1000)
    checkpoint(run.last)
    assert "grasp-one" in policy_names(tmp_path)
    with pytest.raises(
        UnknownNameError, match="unknown policy 'grasp-on'; did you mean 'grasp-one'"
    ):
        find_policy("grasp-on", tmp_path)


def test_a_run_is_found_by_name_or_path_and_listed_otherwise(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "one")
    run.create(CONFIG, 1000)
    assert find_run("one", tmp_path) == find_run(str(run.path)) == run
    with pytest.raises(UnknownNameError, match=r"unknown run 'two' \(valid: one\)"):
        find_run("two", tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(PolicyError, match="Permission denied"):
        RunFolder(tmp_path / "run").create(CONFIG, 1000)
