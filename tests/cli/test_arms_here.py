import pytest

from cli.doctor import _arm
from cli.finding import tried
from robot import urdf_path
from robot.errors import ModelError
from robot.model import load_arm, read_arm
from sim.cell import EmulatedCell
from urdf import arm_folder, arm_names


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
