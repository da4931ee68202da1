import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from recorded_episodes import FILMED, PLAIN, record

from policies.demonstrations.errors import DemonstrationError
from policies.demonstrations.reader import DatasetReader
from policies.demonstrations.writer import DatasetWriter


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "set"
    record(folder, FILMED, episodes=2)
    return folder


@pytest.fixture
def folder(whole, tmp_path) -> Path:
    return shutil.copytree(whole, tmp_path / "set")


def everything(folder: Path) -> None:
    reader = DatasetReader(folder)
    for episode in reader:
        assert len(list(reader.pictures(episode.index, "front"))) == len(episode)


def test_a_folder_that_is_none_is_told(tmp_path):
    for path in (tmp_path, tmp_path / "absent", Path(__file__)):
        with pytest.raises(DemonstrationError, match="no dataset here"):
            DatasetReader(path)


FILES = [
    "data/chunk-000/file-001.parquet",
    "meta/episodes/chunk-000/file-001.parquet",
    "meta/tasks.parquet",
    "videos/observation.images.front/chunk-000/file-001.mp4",
]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("harm", ["cut", "emptied", "removed", "text"])
def test_damage_is_told_with_the_file(folder, name, harm):
    path = folder / name
    data = path.read_bytes()
    match harm:
        case "cut":
            path.write_bytes(data[: len(data) // 2])
        case "emptied":
            path.write_bytes(b"")
        case "removed":
            path.unlink()
        case "text":
            path.write_text("not what it says")
    with pytest.raises(DemonstrationError) as told:
        everything(folder)
    assert str(folder) in str(told.value)
    assert "another copy" in str(told.value)


def test_no_bit_of_states_and_commands_turns_unnoticed(folder):
    path = folder / FILES[0]
    data, whole = path.read_bytes(), DatasetReader(folder).episode(1)
    told = 0
    for at in range(0, len(data), 97):
        path.write_bytes(data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :])
        try:
            read = DatasetReader(folder).episode(1)
        except DemonstrationError:
            told += 1
            continue
        for part in ("stamps", "states", "actions"):
            np.testing.assert_array_equal(getattr(read, part), getattr(whole, part))
    assert told


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"codebase_version": "v3.0"}', "[" * 100_000, "\udcff"],
)
def test_a_damaged_description_is_told(folder, text):
    (folder / "meta/info.json").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(DemonstrationError, match=r"info\.json: damaged"):
        DatasetReader(folder)


def changed(folder: Path, **values: object) -> None:
    path = folder / "meta/info.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_another_version_names_what_converts_it(folder):
    changed(folder, codebase_version="v2.1")
    with pytest.raises(DemonstrationError, match=r"v2\.1.*convert_dataset_v21_to_v30"):
        DatasetReader(folder)


@pytest.mark.parametrize(
    "values", [{"features": {}}, {"features": {"action": 1}}, {"fps": 0}, {"fps": "fast"}]
)
def test_what_describes_no_arm_is_told(folder, values):
    changed(folder, **values)
    with pytest.raises(DemonstrationError, match=str(folder)):
        DatasetReader(folder)


def test_more_episodes_than_there_are_is_damage(folder):
    changed(folder, total_episodes=3)
    with pytest.raises(DemonstrationError, match="episode 2"):
        DatasetReader(folder)


def test_an_episode_or_camera_that_is_not_there_names_those_that_are(folder):
    reader = DatasetReader(folder)
    for index in (-1, 2):
        with pytest.raises(DemonstrationError, match="0 to 1"):
            reader.episode(index)
    with pytest.raises(DemonstrationError, match="front"):
        reader.pictures(0, "rear")


def test_a_dataset_without_episodes_has_none(tmp_path):
    with DatasetWriter(tmp_path, PLAIN):
        pass
    reader = DatasetReader(tmp_path)
    assert len(reader) == 0
    with pytest.raises(DemonstrationError, match="none"):
        reader.episode(0)
