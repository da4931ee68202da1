import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from recorded_episodes import FILMED, NAMES, PLACED, PLAIN, TASK, frame_picture, record

from policies.demonstrations.errors import DemonstrationError
from policies.demonstrations.reader import DatasetReader
from policies.demonstrations.schema import Schema
from policies.demonstrations.writer import DatasetWriter

ROOT = Path(__file__).parents[2]
NUMBERS = st.floats(-1e3, 1e3, width=32)


@st.composite
def rows(draw):
    k = draw(st.integers(2, 30))
    gaps = draw(arrays(np.float64, k, elements=st.floats(1e-4, 10.0)))
    sizes = (len(NAMES), len(NAMES), len(PLACED.environment))
    return np.cumsum(gaps), *(draw(arrays(np.float32, (k, m), elements=NUMBERS)) for m in sizes)


@settings(max_examples=20)
@given(
    takes=st.lists(st.tuples(rows(), st.sampled_from([True, False, None])), min_size=1, max_size=3),
    tasks=st.lists(st.text(min_size=1, max_size=8), min_size=3, max_size=3),
)
def test_what_is_recorded_is_what_is_read(tmp_path_factory, takes, tasks):
    folder = tmp_path_factory.mktemp("round") / "set"
    with DatasetWriter(folder, PLACED) as writer:
        for (columns, success), task in zip(takes, tasks, strict=False):
            with writer.take(task) as take:
                for stamp, state, action, environment in zip(*columns, strict=True):
                    take.add(stamp, state, action, environment=environment)
                take.save(success)
    reader = DatasetReader(folder)
    assert len(reader) == len(takes)
    for episode, (columns, success), task in zip(reader, takes, tasks, strict=False):
        stamps, states, actions, environment = columns
        assert (episode.task, episode.success) == (task, success)
        np.testing.assert_array_equal(episode.stamps, stamps - stamps[0])
        np.testing.assert_array_equal(episode.states, states)
        np.testing.assert_array_equal(episode.actions, actions)
        np.testing.assert_array_equal(episode.environment, environment)


def test_every_frame_keeps_its_picture(tmp_path):
    record(tmp_path, FILMED, episodes=2)
    reader = DatasetReader(tmp_path)
    for index in range(2):
        seen = list(reader.pictures(index, "front"))
        assert len(seen) == len(reader.episode(index))
        for frame, image in enumerate(seen):
            expected = frame_picture(index, frame)
            assert abs(image.astype(int) - expected.astype(int)).max() <= 3


def test_recording_goes_on_where_it_ended(tmp_path):
    record(tmp_path, FILMED, episodes=2)
    before = [path.read_bytes() for path in sorted(tmp_path.rglob("file-00[01].*"))]
    record(tmp_path, FILMED, episodes=1, frames=7, seed=1)
    assert [len(episode) for episode in DatasetReader(tmp_path)] == [12, 12, 7]
    assert [path.read_bytes() for path in sorted(tmp_path.rglob("file-00[01].*"))] == before


def test_the_files_are_those_of_a_lerobot_dataset(tmp_path):
    record(tmp_path, FILMED, episodes=2)
    info = json.loads((tmp_path / "meta/info.json").read_text())
    assert info["codebase_version"] == "v3.0"
    assert (info["total_episodes"], info["total_frames"], info["total_tasks"]) == (2, 24, 1)
    for number in range(2):
        place = {"chunk_index": 0, "file_index": number}
        data = pq.read_table(tmp_path / info["data_path"].format(**place))
        assert set(data.column_names) == {
            name for name, feature in info["features"].items() if feature["dtype"] != "video"
        }
        assert data["index"].to_pylist() == list(range(12 * number, 12 * number + 12))
        assert data["timestamp"].to_pylist() == pytest.approx([i / 20 for i in range(12)])
        key = "observation.images.front"
        assert (tmp_path / info["video_path"].format(video_key=key, **place)).is_file()
    episodes = [pq.read_table(p) for p in sorted((tmp_path / "meta/episodes").rglob("*.parquet"))]
    assert [table["dataset_from_index"].to_pylist() for table in episodes] == [[0], [12]]


def test_statistics_are_those_of_all_frames_however_often_one_went_on(tmp_path):
    for seed in range(3):
        record(tmp_path, FILMED, frames=5 + seed, seed=seed)
    found = json.loads((tmp_path / "meta/stats.json").read_text())
    actions = np.concatenate([episode.actions for episode in DatasetReader(tmp_path)])
    for name in ("mean", "std", "min", "max"):
        expected = getattr(np, name)(actions.astype(float), axis=0)
        assert found["action"][name] == pytest.approx(expected.tolist())
    assert found["action"]["count"] == [len(actions)]
    assert np.shape(found["observation.images.front"]["mean"]) == (3, 1, 1)


def test_statistics_that_do_not_fit_are_made_anew(tmp_path):
    record(tmp_path, FILMED, episodes=2)
    path = tmp_path / "meta/stats.json"
    right = json.loads(path.read_text())
    for wrong in ('{"index": {}}', "[]", path.read_text().replace('"count"', '"cuont"'), ""):
        path.write_text(wrong)
        found = DatasetReader(tmp_path).statistics()
        assert found["action"]["mean"].tolist() == pytest.approx(right["action"]["mean"])


def test_what_is_not_saved_leaves_nothing(tmp_path):
    record(tmp_path, FILMED)
    before = sorted(tmp_path.rglob("*"))
    with DatasetWriter(tmp_path, FILMED) as writer, writer.take(TASK) as take:
        take.add(0.0, np.zeros(3), np.zeros(3), {"front": frame_picture(0, 0)})
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "other",
    [
        Schema("other", NAMES, 20.0),
        Schema("toy", (*NAMES, "wrist"), 20.0),
        Schema("toy", NAMES, 10.0),
        FILMED,
    ],
    ids=["robot", "joints", "rate", "camera"],
)
def test_a_dataset_takes_nothing_of_another_kind(tmp_path, other):
    record(tmp_path)
    with (
        pytest.raises(DemonstrationError, match="records something else"),
        DatasetWriter(tmp_path, other),
    ):
        pass
    assert len(DatasetReader(tmp_path)) == 1


def test_a_folder_of_other_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(DemonstrationError, match="no dataset"), DatasetWriter(tmp_path, PLAIN):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_dataset_that_was_killed_as_it_began_begins_anew(tmp_path):
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta/info.json.new").write_text('{"codebase_')
    record(tmp_path)
    assert len(DatasetReader(tmp_path)) == 1


def test_only_one_records_at_a_time(tmp_path):
    with DatasetWriter(tmp_path, PLAIN), pytest.raises(DemonstrationError, match="another process"):
        DatasetWriter(tmp_path, PLAIN).__enter__()
    record(tmp_path)


@pytest.mark.parametrize("bad", [[0.0], [0.0, 0.0], [0.1, 0.0], [0.0, float("nan")]])
def test_an_episode_out_of_time_is_refused(tmp_path, bad):
    with DatasetWriter(tmp_path, PLAIN) as writer:
        with writer.take(TASK) as take:
            for stamp in bad:
                take.add(stamp, np.zeros(3), np.zeros(3))
            with pytest.raises(DemonstrationError):
                take.save(None)
        assert writer.episodes == 0


KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from recorded_episodes import FILMED, record
print("ready", flush=True)
record(Path(sys.argv[1]), FILMED, episodes=10_000)
"""


def test_whoever_is_killed_leaves_whole_episodes_and_the_next_goes_on(tmp_path):
    """Kill a recording process at five moments, in one and the same dataset."""
    folder, script = tmp_path / "set", KILLED.format(tests=str(Path(__file__).parent))
    random, there = np.random.default_rng(1), 0
    for _ in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(folder)],
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        begun = time.monotonic()
        while not list(folder.glob(f"data/*/file-{there:03d}.parquet")):
            assert time.monotonic() - begun < 20
            time.sleep(0.002)
        time.sleep(random.uniform(0.0, 0.05))
        process.kill()
        process.wait()
        process.stdout.close()
        reader = DatasetReader(folder)
        assert len(reader) >= there
        there = len(reader)
        for episode in reader:
            assert len(episode) == 12
            assert len(list(reader.pictures(episode.index, "front"))) == 12
    record(folder, FILMED)
    assert len(DatasetReader(folder)) == there + 1
    assert not list(folder.rglob("*.new"))
    assert len(list(folder.glob("data/*/*.parquet"))) == there + 1


FULL = """
import resource, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
import numpy as np
from recorded_episodes import FILMED, PLAIN, TASK, record
from policies.demonstrations.errors import DemonstrationError
from policies.demonstrations.writer import DatasetWriter
folder, filmed = Path(sys.argv[1]), sys.argv[2] == "filmed"
schema = FILMED if filmed else PLAIN
random = np.random.default_rng(0)
record(folder, schema)
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
try:
    with DatasetWriter(folder, schema) as writer, writer.take(TASK) as take:
        for i in range(4000):
            noise = random.integers(0, 255, (32, 48, 3)).astype(np.uint8)
            take.add(i / 20, random.normal(size=3), random.normal(size=3), {{"front": noise}})
        take.save(True)
except DemonstrationError as error:
    print(error)
"""


@pytest.mark.parametrize("kind", ["filmed", "plain"])
def test_a_disk_that_takes_no_more_loses_nothing_finished(tmp_path, kind):
    """A limit on the size of a file fails as a full disk does, in the same calls."""
    script = FULL.format(tests=str(Path(__file__).parent))
    told = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "set"), kind],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "cannot be written" in told.stdout, told.stderr
    assert "those before it (1) are whole" in told.stdout
    assert len(DatasetReader(tmp_path / "set").episode(0)) == 12
    assert not list((tmp_path / "set").rglob("*.new"))
    assert not list((tmp_path / "set").rglob("file-001*"))
    record(tmp_path / "set", FILMED if kind == "filmed" else PLAIN)
    assert len(DatasetReader(tmp_path / "set")) == 2
