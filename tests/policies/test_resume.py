"""A run that is interrupted and resumed equals one that never was, bit for bit."""

import csv
import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from policies.checkpoint import read_manifest, read_part
from policies.config import TrainConfig
from policies.runs import RunFolder
from policies.sac import SACConfig
from policies.trainer import Trainer

CONFIG = TrainConfig(
    "Pendulum-v1",
    total_steps=3_000,
    start_steps=500,
    num_envs=3,
    n_step=2,
    updates_per_step=0.4,
    replay_capacity=2_000,
    normalize_observations=True,
    eval_every=1_100,
    eval_episodes=3,
    checkpoint_every=700,
    log_every=250,
    sac=SACConfig(hidden=(16, 16), batch_size=32, threads=1),
)
WALL_CLOCK = {"seconds"}

SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, {folder!r})
from test_resume import CONFIG
from policies.runs import RunFolder
from policies.trainer import Trainer

run = RunFolder(Path(sys.argv[1]))
make = Trainer.resume(run) if run.config.exists() else Trainer.start(CONFIG, run)
with make as trainer:
    result = trainer.train()
print("interrupted" if result.interrupted else "done", result.step)
"""


def begin(run: RunFolder) -> subprocess.Popen[str]:
    script = SCRIPT.format(folder=str(Path(__file__).parent))
    return subprocess.Popen(
        [sys.executable, "-c", script, str(run.path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(run: RunFolder) -> None:
    process = begin(run)
    out, err = process.communicate(timeout=120)
    assert (out, err) == ("done 3000\n", "")


def wait_for_step(run: RunFolder, process: subprocess.Popen[str], step: int) -> None:
    deadline = time.monotonic() + 60
    while rows(run)[-1]["step"] < step:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.001)


def rows(run: RunFolder) -> list[dict[str, float]]:
    """Return the learning curve without what the wall clock decides; a first row of step -1."""
    if not run.progress.exists():
        return [{"step": -1}]
    with run.progress.open(newline="") as file:
        table = [
            {k: float(v) for k, v in row.items() if v and k not in WALL_CLOCK}
            for row in csv.DictReader(file)
        ]
    return [{"step": -1.0}, *table]


def final_state(run: RunFolder) -> tuple[dict[str, Any], dict[str, Any]]:
    manifest = read_manifest(run.last)
    arrays = read_part(run.last, manifest, "training")
    del manifest["counters"]["seconds"]
    return arrays, manifest


def assert_equal_runs(ours: RunFolder, theirs: RunFolder) -> None:
    (arrays, meta), (other_arrays, other_meta) = final_state(ours), final_state(theirs)
    assert arrays.keys() == other_arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, other_arrays[name], err_msg=name)
    for key in ("learner", "pool", "statistics", "counters", "step"):
        assert meta[key] == other_meta[key]
    assert rows(ours) == rows(theirs)
    assert json.loads(ours.evaluation.read_text()) == json.loads(theirs.evaluation.read_text())
    best = [read_manifest(run.best)["files"] for run in (ours, theirs)]
    assert best[0] == best[1]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    run = RunFolder(tmp_path_factory.mktemp("uninterrupted") / "run")
    with Trainer.start(CONFIG, run) as trainer:
        assert trainer.train().step == 3_000
    return run


def test_after_ctrl_c(tmp_path: Path, uninterrupted: RunFolder) -> None:
    run = RunFolder(tmp_path / "run")
    for step in (250, 1_000, 2_250):
        process = begin(run)
        wait_for_step(run, process, step)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        stopped_at = read_manifest(run.last)["step"]
        assert (out, err) == (f"interrupted {stopped_at}\n", "")
        assert step <= stopped_at < 3_000
    finish(run)
    assert_equal_runs(run, uninterrupted)


def test_after_a_kill(tmp_path: Path, uninterrupted: RunFolder) -> None:
    run = RunFolder(tmp_path / "run")
    for step in (1_000, 1_750):
        process = begin(run)
        wait_for_step(run, process, step)
        process.kill()
        process.communicate()
        assert read_manifest(run.last)["step"] <= step
    finish(run)
    assert_equal_runs(run, uninterrupted)


class EvaluationInterrupt:
    """Presses Ctrl-C in the first evaluation, once: a second time would not be patient."""

    pressed = False

    def __call__(self, status: Any) -> None:
        if status.phase == "evaluating" and not self.pressed:
            self.pressed = True
            signal.raise_signal(signal.SIGINT)


def test_ctrl_c_in_an_evaluation_leaves_it_to_the_resumed_run(
    tmp_path: Path, uninterrupted: RunFolder
) -> None:
    run = RunFolder(tmp_path / "run")

    with Trainer.start(CONFIG, run) as trainer:
        result = trainer.train(EvaluationInterrupt())
    assert result.interrupted
    assert result.step == 1_101
    assert result.evaluation is None
    finish(run)
    assert_equal_runs(run, uninterrupted)


def test_ctrl_c_in_the_last_evaluation_is_an_interruption_too(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    config = replace(CONFIG, total_steps=600, eval_every=0)
    with Trainer.start(config, run) as trainer:
        result = trainer.train(EvaluationInterrupt())
    assert (result.interrupted, result.step, result.evaluation) == (True, 600, None)
    with Trainer.resume(run) as trainer:
        result = trainer.train()
    assert not result.interrupted
    assert result.evaluation is not None
