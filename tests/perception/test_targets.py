import numpy as np
import pytest

from perception.cube import FACES, CubeTarget
from perception.errors import MarkerError
from perception.targets import TagTarget, parse_target, read_target
from robot.errors import RobotError


def test_the_forms_of_a_target_mean_what_they_say():
    assert parse_target("cube") == CubeTarget()
    assert sorted(parse_target("cube:10").faces) == [10, 11, 12, 13, 14, 15]
    tag = parse_target("tag:7:30")
    assert isinstance(tag, TagTarget)
    assert (tag.id, tag.tag) == (7, pytest.approx(0.030))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ball", "'ball' is none of these: cube, cube:FIRST_ID, tag:ID:SIZE_MM"),
        ("tag:7", "none of these"),
        ("tag:seven:30", "'seven' is not the id of a marker"),
        ("tag:7:wide", "'wide' is not a size in millimetres"),
        ("tag:7:0", "from 1 to 1000 mm"),
        ("tag:7:nan", "from 1 to 1000 mm"),
        ("tag:50:30", "DICT_4X4_50 has no marker 50: its ids are 0 to 49"),
        ("cube:45", "no marker 50"),
        ("missing.toml", "missing.toml: no target can be read"),
    ],
)
def test_a_wrong_target_is_refused_with_the_mend(text, said):
    with pytest.raises(MarkerError) as error:
        parse_target(text)
    assert said in str(error.value)


def test_a_file_describes_a_cube(tmp_path):
    path = tmp_path / "block.toml"
    path.write_text(
        '[cube]\nname = "red"\nsize_mm = 40\ntag_mm = 30.5\ndictionary = "DICT_5X5_50"\n'
        '[cube.ids]\n"+z" = 12\n"-x" = 13\n'
    )
    cube = read_target(path)
    assert (cube.name, cube.tag, cube.dictionary) == ("red", pytest.approx(0.0305), "DICT_5X5_50")
    assert set(cube.faces) == {12, 13}
    assert np.allclose(cube.faces[12][:3, 3], [0, 0, 0.020])


def test_a_file_describes_a_tag(tmp_path):
    path = tmp_path / "tag.toml"
    path.write_text("[tag]\nid = 3\nsize_mm = 25\n")
    assert parse_target(str(path)) == TagTarget(3, 0.025, name="tag 3")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "one table"),
        ("[cube]\nsize_cm = 3", "unknown entry 'size_cm' (valid: dictionary, ids, name"),
        ("[cube]\nsize_mm = 20", "24 mm does not fit a face of 20 mm"),
        ("[cube]\nsize_mm = true", "from 1 to 1000 mm"),
        ('[cube.ids]\n"+z" = 1\n"+x" = 1', "two faces have one id"),
        ('[cube.ids]\n"top" = 1', "+x, -x, +y, -y, +z, -z"),
        ('[cube.ids]\n"+z" = true', "not the id"),
        ("[tag]\nsize_mm = 30", "id"),
        ('[tag]\nid = 1\nsize_mm = "30"', "from 1 to 1000 mm"),
        ('[tag]\nid = 1\nsize_mm = 30\ndictionary = "DICT_4X4"', "DICT_4X4_50"),
        ("tag = 7", "no table"),
        ("[cube", "no target can be read"),
    ],
)
def test_a_wrong_file_is_refused_naming_the_entry(tmp_path, content, said):
    path = tmp_path / "wrong.toml"
    path.write_text(content)
    with pytest.raises(RobotError) as error:
        read_target(path)
    assert said in str(error.value)


@pytest.mark.parametrize("face", FACES)
def test_every_face_looks_outward_and_is_right_handed(face):
    pose = CubeTarget(ids={face: 0}).faces[0]
    assert np.allclose(pose[:3, 2] * 0.015, pose[:3, 3])
    assert np.linalg.det(pose[:3, :3]) == pytest.approx(1.0)
