from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from verb_process import Interrupted, Twinarm

from benchmarks.waving_astronaut import wall, waves
from sim.video import write_video

COUNT, RATE = 12, 5
PNG = cv2.imencode(".png", wall())[1].tobytes()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    write_video(path, (picture[:, :, ::-1] for picture, _, _ in waves(COUNT, RATE)), RATE)
    return path


@pytest.mark.usefixtures("model_files")
def test_a_clip_is_filmed_with_the_skeleton_in_it(
    twinarm: Twinarm, clip: Path, tmp_path: Path
) -> None:
    done = twinarm("models", "try", "--source", str(clip), "--out", "overlay.mp4")
    assert done.returncode == 0, done.stderr
    assert f"{COUNT} pictures, a person in {COUNT}, a hand in {COUNT}" in done.stdout
    with av.open(str(tmp_path / "overlay.mp4")) as film, av.open(str(clip)) as plain:
        assert film.streams.video[0].average_rate == RATE
        pairs = list(zip(film.decode(video=0), plain.decode(video=0), strict=True))
    one, other = (frame.to_ndarray(format="rgb24").astype(int) for frame in pairs[-1])
    assert (np.abs(one - other).max(axis=2) > 60).mean() > 0.005


@pytest.mark.usefixtures("model_files")
def test_a_folder_of_odd_images_of_nobody_is_filmed_as_such(
    twinarm: Twinarm, tmp_path: Path
) -> None:
    (tmp_path / "shots").mkdir()
    for index in range(3):
        cv2.imwrite(str(tmp_path / f"shots/{index}.png"), wall()[:333, :501])
    done = twinarm("models", "try", "--source", "shots", "--no-hands")
    assert done.returncode == 1 and "3 pictures, a person in 0" in done.stdout
    assert (tmp_path / "overlay.mp4").stat().st_size


@pytest.mark.usefixtures("model_files")
@pytest.mark.parametrize("content", [b"", b"no video " * 999])
def test_a_corrupt_video_is_refused_and_no_film_left(
    twinarm: Twinarm, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "bad.mp4").write_bytes(content)
    failed = twinarm("models", "try", "--source", "bad.mp4")
    assert failed.returncode == 2 and "no video that can be read" in failed.stderr
    assert not (tmp_path / "overlay.mp4").exists()


@pytest.mark.usefixtures("model_files")
def test_a_model_that_is_none_is_refused_in_plain_words(
    twinarm: Twinarm, clip: Path, tmp_path: Path
) -> None:
    (tmp_path / "my.task").write_bytes(b"not a model")
    for option in ("--model", "--hand-model"):
        failed = twinarm("models", "try", "--source", str(clip), option, "my.task")
        assert failed.returncode == 2 and "my.task: no bundle of models" in failed.stderr


@pytest.mark.usefixtures("model_files")
def test_ctrl_c_ends_the_film_and_keeps_it(tmp_path: Path) -> None:
    (tmp_path / "shots").mkdir()
    for index in range(2000):
        (tmp_path / f"shots/{index}.png").write_bytes(PNG)
    verb = Interrupted(tmp_path, "models", "try", "--source", "shots", "--no-hands")
    code, output = verb.when((tmp_path / "overlay.part").exists)
    assert code == 1 and "pictures, a person in 0" in output, output
    with av.open(str(tmp_path / "overlay.mp4")) as film:
        assert 1 <= film.streams.video[0].frames < 2000


def test_no_source_and_no_place_for_the_film_are_told(twinarm: Twinarm) -> None:
    assert "--source: name a video file" in twinarm("models", "try").stderr
    wrong = twinarm("models", "try", "--source", "0", "--out", "nowhere/film.avi")
    assert wrong.returncode == 2 and "--out nowhere/film.avi" in wrong.stderr
