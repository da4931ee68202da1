import shutil
from pathlib import Path

import pytest

from robot.errors import ModelError
from robot.model import load_arm, read_arm
from robot.urdf_tree import UrdfTree
from sim.sim_arm import SimArm
from sim.urdf_bodies import check_bodies
from sim.world import World
from urdf import arm_folder, arm_names


@pytest.mark.parametrize("name", arm_names())
def test_every_arm_described_here_has_bodies(name: str) -> None:
    check_bodies(load_arm(name).urdf)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('<mass value="0.0852"/>', "", "'link2' moves, so give it an <inertial> with mass"),
        ('<mass value="0.0852"/>', '<mass value="0"/>', "'link2' moves and its mass is 0"),
        ('<mass value="0.0852"/>', '<mass value="85 g"/>', "'link2': its mass has value='85 g'"),
        ('ixx="7.2e-5" iyy="6.7e-5"', 'ixx="7.2e-5"', r"'link2' moves and has an inertia of 0\.0"),
        ('<box size="0.0162 0.018 0.011"/>', '<mesh filename="package://jaws/pad.stl"/>',
         "'right_finger': its mesh 'jaws/pad.stl' is not in .* put it there"),
        ('<mass value="0.03"/>', "", r"'camera' has no <inertial>: give it one, of mass 0"),
    ],
)  # fmt: skip
def test_what_physics_would_make_up_is_refused_by_name(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    folder = shutil.copytree(arm_folder("dofbot"), tmp_path / "arm")
    text = (folder / "dofbot.urdf").read_text()
    assert old in text, "this test's edit no longer applies"
    (folder / "dofbot.urdf").write_text(text.replace(old, new))
    model = read_arm(folder)
    with World() as world, pytest.raises(ModelError, match=rf"dofbot\.urdf: link {complaint}"):
        SimArm(world, model)


def test_a_urdf_that_the_simulator_does_not_take_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none.urdf"
    path.write_text("<robot/>")
    with World() as world, pytest.raises(ModelError, match=r"none\.urdf: PyBullet cannot load it"):
        world.add_urdf(path)


def test_a_mesh_may_lie_in_a_folder_above_as_pybullet_looks_for_it(tmp_path: Path) -> None:
    (tmp_path / "meshes").mkdir()
    (tmp_path / "meshes" / "a.stl").touch()
    (tmp_path / "deep").mkdir()
    path = tmp_path / "deep" / "arm.urdf"
    mesh = '<visual><geometry><mesh filename="package://meshes/a.stl"/></geometry></visual>'
    path.write_text(f'<robot><link name="base">{mesh}</link></robot>')
    check_bodies(UrdfTree.read(path))
