"""LeRobot's own loader reads what is recorded here, and what LeRobot records is read here.

LeRobot pins older versions of torch and PyAV than this project, so it is mostly installed apart:
``LEROBOT_PYTHON=/path/to/its/python pytest tests/policies/test_lerobot_loader.py``.
"""

import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from recorded_episodes import FILMED, TASK, frame_picture, record

from policies.demonstrations.reader import DatasetReader

ASK = """
import json, sys
from lerobot.datasets.lerobot_dataset import LeRobotDataset
steps = {"action": [0.0, 0.05]}
found = LeRobotDataset("ours/set", root=sys.argv[1], video_backend="pyav", delta_timestamps=steps)
frames = [found[i] for i in range(found.num_frames)]
near = "observation.environment_state"
plain = ("observation.state", near, "action", "stamp", "success", "episode_index", "task")
told = [{k: f[k] if k == "task" else f[k].tolist() for k in plain} for f in frames]
grey = [255 * float(f["observation.images.front"].mean()) for f in frames]
stats = found.meta.stats["action"]["mean"].tolist()
print(json.dumps({"frames": told, "grey": grey, "episodes": found.num_episodes, "mean": stats}))
"""

TELL = """
import sys
import numpy as np
from lerobot.datasets.lerobot_dataset import LeRobotDataset
vector = {"dtype": "float32", "shape": (3,), "names": ["a", "b", "c"]}
video = {"dtype": "video", "shape": (64, 64, 3), "names": ["height", "width", "channels"]}
features = {"observation.state": vector, "action": vector, "observation.images.front": video}
made = LeRobotDataset.create("theirs/set", fps=20, features=features, root=sys.argv[1],
                             robot_type="toy", vcodec="h264")
for episode in range(3):
    for i in range(10 + episode):
        made.add_frame({
            "observation.state": np.full(3, i, np.float32),
            "action": np.full(3, i + 0.5, np.float32),
            "observation.images.front": np.full((64, 64, 3), 10 * i + 5 * episode, np.uint8),
            "task": f"task {episode}",
        })
    made.save_episode()
made.finalize()
"""


def python_with_lerobot() -> str:
    if named := os.environ.get("LEROBOT_PYTHON"):
        return named
    if importlib.util.find_spec("lerobot"):
        return sys.executable
    pytest.skip("lerobot is not installed here; LEROBOT_PYTHON names a Python that has it")


def run(python: str, script: str, folder: Path) -> str:
    told = subprocess.run(
        [python, "-c", script, str(folder)],
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(folder.parent / "cache")},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    return told.stdout


@pytest.mark.slow
def test_lerobot_reads_numbers_pictures_and_tasks(tmp_path):
    python, folder = python_with_lerobot(), tmp_path / "set"
    schema = replace(FILMED, environment=("block_x", "block_y"))
    record(folder, schema, episodes=2)
    record(folder, schema, episodes=1, frames=7, seed=1)
    found = json.loads(run(python, ASK, folder).splitlines()[-1])
    frames, row = found["frames"], 0
    for episode in DatasetReader(folder):
        for i in range(len(episode)):
            frame, following = frames[row], min(i + 1, len(episode) - 1)
            expected = episode.actions[[i, following]]
            np.testing.assert_array_equal(np.array(frame["action"], np.float32), expected)
            for key, values in (
                ("state", episode.states),
                ("environment_state", episode.environment),
            ):
                read = np.array(frame[f"observation.{key}"], np.float32)
                np.testing.assert_array_equal(read, values[i])
            assert frame["stamp"] == pytest.approx(episode.stamps[i], abs=1e-6)
            assert (frame["success"], frame["task"]) == (episode.success, TASK)
            assert found["grey"][row] == pytest.approx(
                frame_picture(episode.index, i).mean(), abs=3
            )
            row += 1
    assert (row, found["episodes"]) == (len(frames), 3)
    assert len(found["mean"]) == 3


@pytest.mark.slow
def test_what_lerobot_records_is_read_with_many_episodes_in_one_file(tmp_path):
    folder = tmp_path / "set"
    run(python_with_lerobot(), TELL, folder)
    reader = DatasetReader(folder)
    assert len(list(folder.glob("data/*/*.parquet"))) == 1 < len(reader)
    assert reader.schema.names == ("a", "b", "c")
    for episode in reader:
        counted = np.arange(10.0 + episode.index)
        assert (episode.task, episode.success) == (f"task {episode.index}", None)
        assert episode.stamps == pytest.approx(counted / 20.0)
        np.testing.assert_array_equal(episode.states[:, 0], counted)
        np.testing.assert_array_equal(episode.actions[:, 2], counted + 0.5)
        grey = [image.mean() for image in reader.pictures(episode.index, "front")]
        assert grey == pytest.approx(10 * counted + 5 * episode.index, abs=3)
