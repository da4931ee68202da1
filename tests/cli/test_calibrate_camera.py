import json
import shutil
import sys
from dataclasses import replace

import cv2
import numpy as np
import pytest
from rendered_board import CAMERA, LENS, pose, poses

from cli.judged_cell import JudgedCell
from cli.main import main
from perception.board import BOARDS, named_board
from perception.lens_file import read_lens

pytestmark = pytest.mark.real_time

A4 = BOARDS["a4"]


@pytest.fixture(scope="module")
def shots(tmp_path_factory):
    """Return a folder of 20 good pictures."""
    folder = tmp_path_factory.mktemp("shots")
    for number, T_camera_board in enumerate(poses(A4, 20)):
        image = CAMERA.picture(A4, T_camera_board, seed=number)
        cv2.imwrite(str(folder / f"{number}.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, 90])
    return folder


@pytest.fixture
def folder(shots, tmp_path):
    """Return a copy of the good pictures, to spoil."""
    return shutil.copytree(shots, tmp_path / "shots")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINARM_CALIBRATION", str(tmp_path / "kept"))
    return tmp_path / "kept"


def calibrate(folder, *args):
    return main(["calibrate", "camera", "--camera", f"images:{folder}", *args])


def failure(capsys, folder, *args):
    assert calibrate(folder, *args) == 2
    return capsys.readouterr().err


def picture(board=A4, **change):
    return CAMERA.picture(board, pose(board, yaw=20, pitch=15), **change)


def fill(folder, make, count=10):
    folder.mkdir()
    for number in range(count):
        cv2.imwrite(str(folder / f"{number}.png"), make(number))


def test_a_lens_is_found_from_a_folder_of_images_and_filed_by_camera(shots, home, capsys):
    assert calibrate(shots, "--name", "usb cam") == 0
    told = capsys.readouterr().out
    lens = read_lens(home / "camera-usb-cam-640x480.json", camera="usb cam", size=(640, 480))
    np.testing.assert_allclose(np.diag(lens.matrix), np.diag(LENS.matrix), rtol=0.002)
    assert "view 20" in told
    assert "focal length 61" in told
    assert "px RMS in 20 views" in told


def test_what_is_wrong_with_each_picture_is_said_and_the_rest_is_used(folder, tmp_path, capsys):
    small = picture(light=0.05), picture()[:, ::-1], picture(motion=9)
    for number, image in enumerate((*small, picture(replace(A4, dictionary="DICT_4X4_50"))), 90):
        cv2.imwrite(str(folder / f"{number}.png"), image)
    shutil.copy(folder / "7.jpg", folder / "95.jpg")
    assert calibrate(folder, "--out", str(tmp_path / "lens.json")) == 0
    told = capsys.readouterr().out
    for number, said in enumerate(
        ("dark", "mirrored", "blurred", "DICT_4X4", "the same as view 8"), start=21
    ):
        line = next(line for line in told.splitlines() if f"picture {number}:" in line)
        assert said in line
    assert "in 20 views" in told


def test_a_corrupt_jpeg_is_left_out_and_named(folder, tmp_path, caplog):
    data = (folder / "3.jpg").read_bytes()
    (folder / "3.jpg").write_bytes(b"\xff\xd8" + data[40:300])
    (folder / "4.jpg").write_bytes(b"")
    assert calibrate(folder, "--out", str(tmp_path / "lens.json")) == 0
    warned = " ".join(record.getMessage() for record in caplog.records)
    assert "3.jpg" in warned
    assert "4.jpg" in warned


def test_images_of_different_sizes_are_refused(folder, home, capsys):
    cv2.imwrite(str(folder / "90.png"), cv2.resize(picture(), (320, 240)))
    said = failure(capsys, folder)
    assert "320" in said
    assert "one size" in said
    assert not home.exists()


def test_a_board_printed_small_changes_no_lens_and_is_asked_for(shots, tmp_path, capsys):
    assert calibrate(shots, "--out", str(tmp_path / "drawn.json")) == 0
    assert "give --square-mm: the lens does not depend on it" in capsys.readouterr().out
    assert calibrate(shots, "--out", str(tmp_path / "97.json"), "--square-mm", "29.1") == 0
    assert "squares of 29.1 mm" in capsys.readouterr().out
    drawn, small = (
        read_lens(tmp_path / name, camera=None, size=None).matrix
        for name in ("drawn.json", "97.json")
    )
    np.testing.assert_allclose(small, drawn, rtol=1e-4, atol=1e-4)


def test_too_few_views_name_the_commonest_reason(tmp_path, home, capsys):
    printed = replace(A4, columns=7, rows=9)
    fill(tmp_path / "wide", lambda number: picture(printed, seed=number))
    said = failure(capsys, tmp_path / "wide")
    assert "0 in 10 pictures; at least 8 are needed" in said
    assert "(10 times): sees a board 7 squares wide; the one named is 6 wide" in said
    assert not home.exists()


def test_the_same_view_over_and_over_is_too_few(tmp_path, capsys):
    fill(tmp_path / "still", lambda number: picture(seed=number))
    said = failure(capsys, tmp_path / "still")
    assert "1 in 10 pictures" in said
    assert "the same as view 1: move or turn the board" in said


def test_a_board_that_was_only_shifted_tells_no_focal_length(tmp_path, capsys):
    places = [pose(A4, x=x, y=y, z=0.6) for x in (-0.1, 0.0, 0.1) for y in (-0.06, 0.0, 0.06)]
    fill(tmp_path / "flat", lambda number: CAMERA.picture(A4, places[number], seed=number), 9)
    assert "too alike" in failure(capsys, tmp_path / "flat")


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """Return a video of 3 s, ten pictures a second."""
    path = tmp_path_factory.mktemp("video") / "v.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10.0, LENS.size)
    for number, T_camera_board in enumerate(poses(A4, 30)):
        writer.write(CAMERA.picture(A4, T_camera_board, seed=number))
    writer.release()
    return path


def test_a_moving_picture_is_led_on_and_stops_when_it_has_all(video, tmp_path, capsys):
    out = tmp_path / "lens.json"
    args = ["--camera", f"video:{video}", "--views", "20", "--out", str(out)]
    assert main(["calibrate", "camera", *args]) == 0
    told = capsys.readouterr().out
    assert "1 of 20, next: the board at the" in told
    assert "picture 20: view 20" in told
    assert "picture 30" not in told
    lens = read_lens(out, camera="v", size=LENS.size)
    np.testing.assert_allclose(np.diag(lens.matrix), np.diag(LENS.matrix), rtol=0.003)


def test_when_the_time_is_over_what_was_seen_is_used_and_what_lacks_is_said(
    video, tmp_path, capsys
):
    out = str(tmp_path / "lens.json")
    args = ["--camera", f"video:{video}", "--seconds", "0.75", "--out", out]
    assert main(["calibrate", "camera", *args]) == 0
    told = capsys.readouterr().out
    assert "px RMS in 8 views" in told
    assert "it would be better known with the board" in told


@pytest.mark.slow
def test_the_lens_of_an_emulated_cell_is_found_over_the_bridge(tmp_path):
    out = tmp_path / "lens.json"
    with JudgedCell(3, camera="fixed", options=("--cell-shows", "waved")) as cell:
        args = ["--camera", cell.url, "--insecure-loopback", "--out", str(out), "--views", "16"]
        assert main(["calibrate", "camera", *args]) == 0
        truth = np.array(cell.truth()["matrix"])
    lens = read_lens(out, camera=None, size=(640, 480))
    np.testing.assert_allclose(np.diag(lens.matrix), np.diag(truth), rtol=0.003)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--camera", "images:never-was"], "no such folder"),
        (["--camera", "nothing"], "no camera is written 'nothing'"),
        (["--camera", "images:.", "--board", "a5"], "unknown board 'a5' (valid: FILE.json, a4"),
        (["--camera", "images:.", "--square-mm", "2.91"], "30 mm are drawn"),
        (["--camera", "images:.", "--square-mm", "nan"], "30 mm are drawn"),
        (["--camera", "images:.", "--views", "3"], "at least 8"),
        (["--camera", "images:.", "--seconds", "nan"], "above 0"),
        (["--camera", "images:.", "--out", "no/such/lens.json"], "no/such"),
    ],
)
def test_a_mistake_is_answered_with_the_mend(args, said, capsys):
    assert main(["calibrate", "camera", *args]) == 2
    assert said in capsys.readouterr().err


def test_without_opencv_the_missing_extra_is_named(monkeypatch, capsys):
    for name in [name for name in sys.modules if name.startswith("perception.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "cv2", None)
    assert main(["calibrate", "board"]) == 2
    assert "'cv2': pip install 'twinarm[vision]'" in capsys.readouterr().err


@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_a_board_is_written_to_print_with_its_geometry(tmp_path, paper, capsys):
    assert main(["calibrate", "board", "--board", paper, "--out", str(tmp_path / "b")]) == 0
    files = {file.name for file in (tmp_path / "b").iterdir()}
    assert files == {f"board-{paper}{suffix}" for suffix in (".pdf", ".png", ".json")}
    assert named_board(str(tmp_path / "b" / f"board-{paper}.json")) == BOARDS[paper]
    told = capsys.readouterr().out
    assert "--square-mm 29.1" in told
    assert "100 %" in told


def test_a_board_of_ones_own_is_printed_from_its_file(tmp_path, capsys):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({**A4.to_json(), "square": 0.04, "marker": 0.028}))
    args = ["calibrate", "board", "--board", str(path), "--out", str(tmp_path)]
    assert main(args) == 2
    assert "does not fit onto a4" in capsys.readouterr().err
    assert main([*args, "--paper", "a3"]) == 0
    assert (tmp_path / "board-mine.pdf").is_file()


def test_where_a_board_cannot_be_written_is_named(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["calibrate", "board", "--out", str(tmp_path / "file")]) == 2
    assert "file" in capsys.readouterr().err
