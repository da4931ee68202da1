"""What a user who adds an arm can leave out or get wrong, told by a verb."""

import re
import shutil

import pytest
from small_policies import STATE, save_untrained

import urdf
from cli.main import main
from hardware.local import EmulatedServerProcess
from urdf import arm_folder

INERTIAL = re.compile(r"(<link name=\"link3\">.*?)<inertial>.*?</inertial>", re.DOTALL)
SHAPE = re.compile(r"(<link name=\"link3\">.*?<geometry>).*?(</geometry>)", re.DOTALL)
LIMIT = '<limit lower="-0.05" upper="1.6" effort="0.59" velocity="2.45"/>'
MIMIC = '<mimic joint="left_crank_joint"'


def gone(text: str) -> str:
    return text.replace('<link name="link3">', '<link name="arm3">')


@pytest.mark.parametrize(
    ("name", "file", "edit", "said"),
    [
        ("link", "dofbot.urdf", gone, "its child link 'link3' is not in the file (links: base"),
        ("mass", "dofbot.urdf", lambda text: INERTIAL.sub(r"\1", text), "give it an <inertial>"),
        (
            "mesh",
            "dofbot.urdf",
            lambda text: SHAPE.sub(r'\1<mesh filename="link3.stl"/>\2', text, count=1),
            "its mesh 'link3.stl' is not in",
        ),
        ("limit", "dofbot.urdf", lambda text: text.replace(LIMIT, ""), "no <limit>: give it one"),
        (
            "mimic",
            "dofbot.urdf",
            lambda text: text.replace(MIMIC, '<mimic joint="servo"'),
            "mimics 'servo', which is no joint of the file (there are: joint1",
        ),
        (
            "joint",
            "arm.toml",
            lambda text: text.replace('["joint1", ', '["joint9", '),
            "no joint 'joint9' (there are: joint1",
        ),
        (
            "home",
            "arm.toml",
            lambda text: text.replace("home = [0.0, ", "home = [9.0, "),
            "home is outside the limits of 'joint1'",
        ),
        (
            "file",
            "arm.toml",
            lambda text: text.replace('"dofbot.urdf"', '"gone.urdf"'),
            "urdf = 'gone.urdf', but there is no file",
        ),
    ],
)
def test_an_arm_that_lacks_something_is_refused_with_the_mend(
    tmp_path, monkeypatch, capsys, name, file, edit, said
):
    folder = shutil.copytree(arm_folder("dofbot"), tmp_path / "urdf" / f"bad-{name}")
    monkeypatch.setattr(urdf, "FOLDER", tmp_path / "urdf")
    text = (folder / file).read_text()
    assert edit(text) != text, "this test's edit no longer applies"
    (folder / file).write_text(edit(text))
    toml = folder / "arm.toml"
    toml.write_text(toml.read_text().replace('name = "dofbot"', f'name = "{folder.name}"'))
    out = tmp_path / "out.png"
    assert main(["view", "--arm", folder.name, "--out", str(out)]) == 2
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_a_policy_of_another_arm_is_not_let_loose_on_this_one(tmp_path, capsys):
    policy = save_untrained(tmp_path / "policy", STATE.replace("Dofbot", "UR5"))
    with EmulatedServerProcess() as server:
        asked = ["--arm", server.url, "--insecure-loopback", "--mirror"]
        assert main(["deploy", str(policy), *asked, "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert "is a dofbot, and what shall move it is for a ur5: name the arm that it is" in said


def test_nor_sent_to_an_emulated_cell_which_is_of_one_arm(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_untrained(tmp_path / "policy", STATE.replace("Dofbot", "UR5"))
    assert main(["gap", "./policy", "--cell", "7"]) == 2
    assert "emulated cells have a dofbot" in capsys.readouterr().err
