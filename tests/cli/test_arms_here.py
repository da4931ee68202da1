import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest

from cli.doctor import _arm
from cli.finding import tried
from robot import urdf_path
from robot.errors import ModelError
from robot.model import load_arm, read_arm
from robot.motion_script import columns
from sim.cell import EmulatedCell
from urdf import arm_folder, arm_names

Twinarm = Callable[..., CompletedProcess[str]]


@pytest.mark.parametrize("name", arm_names())
def test_the_doctor_knows_every_arm(name: str) -> None:
    assert load_arm(name).title in _arm(name)


def test_an_arm_without_jaws_is_told_as_such() -> None:
    assert _arm("kuka").endswith("7 joints, no gripper")
    assert _arm("panda").endswith("a 80 mm gripper")


def test_where_a_package_of_arms_is_not_installed_nothing_is_broken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(urdf_path, "find_spec", lambda name: None)
    finding = tried("arm kuka", lambda: read_arm(arm_folder("kuka")).title)
    assert finding.good is None
    assert "'pybullet_data', which is not installed here" in finding.what
    assert "pip install 'twinarm[sim]'" in finding.what


def test_a_cell_is_only_made_for_an_arm_that_grasps_and_sees() -> None:
    with pytest.raises(ModelError, match=r"kuka: arm\.toml has no \[grasp\]"):
        EmulatedCell(7, arm="kuka")


@pytest.mark.parametrize("arm", ["kuka", "panda"])
def test_an_arm_that_is_but_a_folder_is_teleoperated(
    twinarm_here: Twinarm, tmp_path: Path, arm: str
) -> None:
    model = load_arm(arm)
    rows = [",".join(columns(model))]
    for t in np.linspace(0.0, 0.6, 7):
        values = (t, *(model.home + 0.1 * t), model.gripper.max_opening)
        rows.append(",".join(f"{value:.6f}" for value in values))
    (tmp_path / "nod.csv").write_text("\n".join(rows))
    done = twinarm_here("teleop", "--arm-model", arm, "--source", "script:nod.csv", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["ended"] == "the script is at its end"
    assert (tmp_path / "teleop.mp4").stat().st_size > 0


def test_an_arm_that_does_not_grasp_is_asked_for_no_grasp(twinarm_here: Twinarm) -> None:
    done = twinarm_here("view", "expert", "--arm", "kuka")
    assert done.returncode == 2
    assert "kuka: arm.toml has no [grasp], which every task on a table needs" in done.stderr
