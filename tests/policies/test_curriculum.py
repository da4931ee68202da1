import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_envs import QUICK_LEARNER, Leveled, Reach

from policies.checkpoint import read_manifest, read_part
from policies.config import TrainConfig, config_to_json
from policies.curriculum import Curriculum, CurriculumGate
from policies.errors import CheckpointError, PolicyError
from policies.runs import RunFolder, write_json
from policies.trainer import Trainer

GATE = CurriculumGate(success_rate=0.75, episodes=4)
CONFIG = TrainConfig(
    "Leveled-v0",
    total_steps=3_000,
    start_steps=100,
    num_envs=3,
    n_step=2,
    updates_per_step=1.0,
    replay_capacity=600,
    curriculum="on",
    gate=CurriculumGate(success_rate=0.7, episodes=10),
    eval_every=1_000,
    eval_episodes=5,
    checkpoint_every=500,
    log_every=100,
    sac=replace(QUICK_LEARNER, batch_size=32),
)


def ended(level: int, success: bool) -> dict[str, Any]:
    return {"level": level, "is_success": success}


def test_a_level_opens_when_enough_of_a_full_window_succeed() -> None:
    curriculum = Curriculum(3, GATE)
    for success in (True, True, True):
        curriculum.add(ended(0, success))
    assert curriculum.options == {"level": 0}
    curriculum.add(ended(0, False))
    assert curriculum.options == {"level": 1}


def test_too_few_successes_or_those_of_an_earlier_level_open_nothing() -> None:
    curriculum = Curriculum(3, GATE)
    for success in (True, False) * 20:
        curriculum.add(ended(0, success))
    assert curriculum.level == 0
    for _ in range(3):
        curriculum.add(ended(0, True))
    assert curriculum.level == 1
    for _ in range(100):
        curriculum.add(ended(0, True))
    assert curriculum.level == 1


def test_the_last_level_stays() -> None:
    curriculum = Curriculum(2, GATE)
    for _ in range(20):
        curriculum.add(ended(curriculum.level, True))
    assert curriculum.level == 1


@given(st.lists(st.booleans(), max_size=40), st.lists(st.booleans(), max_size=40))
def test_a_restored_curriculum_goes_on_alike(before: list[bool], after: list[bool]) -> None:
    original, restored = Curriculum(3, GATE), Curriculum(3, GATE)
    for success in before:
        original.add(ended(original.level, success))
    restored.load_state(original.state())
    for success in after:
        original.add(ended(original.level, success))
        restored.add(ended(restored.level, success))
        assert restored.state() == original.state()


def test_a_saved_level_that_the_environment_lacks_is_refused() -> None:
    with pytest.raises(CheckpointError, match="no curriculum level 2 among 2"):
        Curriculum(2, GATE).load_state({"level": 2, "recent": []})


def test_an_environment_that_does_not_tell_success_cannot_have_a_curriculum() -> None:
    with pytest.raises(PolicyError, match="is_success"):
        Curriculum(2, GATE).add({"level": 0})


@pytest.mark.parametrize(
    "settings", [{"success_rate": 0.0}, {"success_rate": 1.1}, {"episodes": 0}]
)
def test_a_gate_out_of_range_is_refused_by_name(settings: dict[str, Any]) -> None:
    with pytest.raises(PolicyError, match=next(iter(settings))):
        CurriculumGate(**settings)


def start(config: TrainConfig, folder: Path, make_env: Any = Leveled) -> RunFolder:
    run = RunFolder(folder)
    with Trainer.start(config, run, make_env) as trainer:
        trainer.train()
    return run


def test_a_curriculum_needs_an_environment_with_levels(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"declares no curriculum_levels .* curriculum off"):
        start(CONFIG, tmp_path / "run", Reach)
    with pytest.raises(PolicyError, match="curriculum is 'maybe'; it must be 'on' or 'off'"):
        replace(CONFIG, curriculum="maybe")  # type: ignore[arg-type]


class Noted(Leveled):
    """Notes what each reset was asked for."""

    def __init__(self, notes: list[tuple[int, int | None]]) -> None:
        super().__init__()
        self.notes = notes

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        assert seed is not None
        self.notes.append((seed, options["level"] if options else None))
        return super().reset(seed=seed, options=options)


def test_episodes_get_the_open_level_and_evaluations_the_full_task(tmp_path: Path) -> None:
    notes: list[tuple[int, int | None]] = []
    run = start(CONFIG, tmp_path / "run", lambda: Noted(notes))
    training = [level for seed, level in notes if seed >= 2**31]
    held_out = [level for seed, level in notes if seed < 2**31]
    assert len(held_out) >= 15
    assert set(held_out) == {None}
    assert None not in training
    assert training == sorted(training, key=int)
    with run.progress.open(newline="") as file:
        logged = [float(row["curriculum_level"]) for row in csv.DictReader(file)]
    assert logged[0] == training[0] == 0
    assert logged[-1] == training[-1] == 2
    assert set(logged) == {0, 1, 2}


def test_without_a_curriculum_nothing_is_asked_or_logged(tmp_path: Path) -> None:
    notes: list[tuple[int, int | None]] = []
    config = replace(CONFIG, curriculum="off", total_steps=300)
    run = start(config, tmp_path / "run", lambda: Noted(notes))
    assert {level for _, level in notes} == {None}
    assert "curriculum_level" not in run.progress.read_text()


class Deaf(Leveled):
    """Draws from the full task, whatever it is asked for."""

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        return super().reset(seed=seed)


def test_an_environment_that_does_not_heed_the_level_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="level 2, but only 0 is open"):
        start(CONFIG, tmp_path / "run", Deaf)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return start(CONFIG, tmp_path_factory.mktemp("uninterrupted") / "run")


def test_a_resumed_run_equals_an_uninterrupted_one_wherever_it_stopped(
    tmp_path: Path, uninterrupted: RunFolder
) -> None:
    run = start(replace(CONFIG, total_steps=150), tmp_path / "run")
    levels = []
    for end in (151, 900, 1_501, 2_000, 3_000):
        with Trainer.resume(run, Leveled, total_steps=end) as trainer:
            trainer.train()
            assert trainer.session.curriculum is not None
            levels.append(trainer.session.curriculum.level)
    assert levels[0] == 0
    assert levels[-1] == 2
    ours, theirs = (read_manifest(folder.last) for folder in (run, uninterrupted))
    for key in ("curriculum", "learner", "pool", "statistics"):
        assert ours[key] == theirs[key]
    arrays = read_part(run.last, ours, "training")
    for name, array in read_part(uninterrupted.last, theirs, "training").items():
        np.testing.assert_array_equal(arrays[name], array, err_msg=name)


def test_a_run_is_not_resumed_with_another_gate(tmp_path: Path) -> None:
    run = start(replace(CONFIG, total_steps=100), tmp_path / "run")
    write_json(run.config, config_to_json(replace(CONFIG, gate=GATE)))
    with pytest.raises(CheckpointError, match=r"made with gate.\w+ .*, but the run has"):
        Trainer.resume(run, Leveled)
