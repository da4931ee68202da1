"""`twinarm train --algorithm dagger`: a depth policy that learns from a teacher."""

import json

import pytest

DEPTH = "twinarm/DofbotGraspDepth-v0"
TAUGHT = ("train", DEPTH, "--task", "full", "--algorithm", "dagger")
SMALL = ("--total-steps", "96", "--start-steps", "32", "--num-envs", "4", "--workers", "1",
         "--eval-every", "0", "--eval-episodes", "1", "--quiet")  # fmt: skip


def test_a_run_learns_from_the_expert_is_resumed_and_reported(twinarm_here, tmp_path):
    told = twinarm_here(*TAUGHT, "--teacher", "expert", "--name", "first", *SMALL)
    assert told.returncode == 0, told.stderr
    config = json.loads((tmp_path / "runs" / "first" / "config.json").read_text())
    assert config["env_kwargs"]["image_size"] == 64
    assert (config["algorithm"], config["teacher"]) == ("dagger", "expert")
    resumed = twinarm_here("train", "--resume", "first", "--until", "128", "--quiet")
    assert resumed.returncode == 0, resumed.stderr
    few = "--episodes", "1", "--films", "1", "--workers", "0"
    assert twinarm_here("report", "first", *few).returncode == 0
    page = (tmp_path / "runs" / "first" / "report.html").read_text()
    for shown in ("channel 1 of 2", "channel 2 of 2", "40 mm out of the table", "imitates"):
        assert shown in page


@pytest.mark.parametrize(
    ("args", "mend"),
    [
        ((DEPTH, "--algorithm", "dagger", "--teacher", "expert"), "--task full"),
        ((DEPTH, "--task", "full", "--algorithm", "dagger"), "--teacher RUN, or expert"),
        ((DEPTH, "--task", "full", "--teacher", "expert"), "--algorithm dagger"),
        ((*TAUGHT[1:], "--teacher", "dofbot-state"), "no policy that is told of the same task"),
        ((*TAUGHT[1:], "--teacher", "dofbot-depth"), "no policy that is told of the same task"),
        ((*TAUGHT[1:], "--teacher", "nobody"), "dofbot-state"),
    ],
)
def test_a_teacher_that_cannot_be_is_refused_with_the_mend(twinarm_here, tmp_path, args, mend):
    told = twinarm_here("train", *args, *SMALL)
    assert told.returncode == 2, told.stderr
    assert mend in " ".join(told.stderr.split())
    assert not (tmp_path / "runs").exists()
