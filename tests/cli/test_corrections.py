from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cli.corrections import corrected
from cli.main import main
from cli.presets import GRASP, preset
from policies.config import TrainConfig
from policies.environments import make_environment, read_contract
from policies.errors import PolicyError
from policies.runs import RunFolder
from policies.trajectory import load_trajectories
from sim.expert import GraspExpert

SMALL = "--cloning.hidden", "8", "--eval-episodes", "1", "--no-tensorboard"


@pytest.fixture(scope="module")
def demos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corrected") / "demos"
    assert main(["record", str(folder), "--episodes", "2", "--fast", "--keep", "all"]) == 0
    return folder


@pytest.fixture(autouse=True)
def first(demos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """Return a run that hardly imitates anything yet."""
    monkeypatch.chdir(tmp_path)
    assert clone(demos, "first", "--total-steps", "5") == 0
    return RunFolder(Path("runs/first"))


def clone(demos: Path, name: str, *words: str) -> int:
    asked = ["train", "--algorithm", "bc", "--demos", str(demos), "--name", name, *SMALL, *words]
    return main([*asked, "--quiet", "--workers", "0"])


def asked(demos: Path) -> TrainConfig:
    return replace(preset(GRASP, "bc"), algorithm="bc", demos=str(demos))


def test_what_is_added_is_what_the_expert_would_do_where_the_policy_got(
    demos: Path, first: RunFolder
) -> None:
    known, *_, added = corrected(asked(demos), "first", 1, quiet=True)
    expert = GraspExpert()
    for seen, label in zip(added.observations, added.actions, strict=False):
        np.testing.assert_array_equal(label, expert.act(seen))
    assert len(added) == len(known)
    # Until the expert took over nobody steered to the block, and then somebody did.
    ways = [np.hypot(*each.observations[:, :2].T) for each in (known, added)]
    assert ways[1].argmin() > ways[0].argmin() + 2 and ways[1].min() < 0.2


def test_a_run_learns_from_both_and_keeps_both(demos: Path, first: RunFolder) -> None:
    more = "--corrected", "first", "--corrections", "2", "--total-steps", "5"
    assert clone(demos, "second", *more) == 0
    contract = read_contract(lambda: make_environment(GRASP, {}), GRASP)
    kept = load_trajectories(RunFolder(Path("runs/second")).demonstrations, contract)
    before = load_trajectories(first.demonstrations, contract)
    assert len(kept) == len(before) + 2
    assert main(["train", "--resume", "second", "--until", "8", "--quiet", "--workers", "0"]) == 0
    third = corrected(asked(demos), "second", 1, quiet=True)
    assert not any(np.array_equal(third[-1].actions, each.actions) for each in kept)


def test_only_what_learned_the_same_from_the_same_is_corrected(demos: Path) -> None:
    config = asked(demos)
    with pytest.raises(PolicyError, match="--corrected RUN is for --algorithm bc"):
        corrected(replace(config, algorithm="sac"), "first", 1, quiet=True)
    with pytest.raises(PolicyError, match=r"--corrected first: its demos is .*, not 'others'"):
        corrected(replace(config, demos="others"), "first", 1, quiet=True)
    with pytest.raises(PolicyError, match=r"its env_kwargs is \{\}, not \{'task': 'full'\}"):
        corrected(replace(config, env_kwargs={"task": "full"}), "first", 1, quiet=True)
    with pytest.raises(PolicyError, match="--corrections 0: at least 1"):
        corrected(config, "first", 0, quiet=True)
