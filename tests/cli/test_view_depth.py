from pathlib import Path

import av
import numpy as np
import pytest
from matplotlib import image as images
from small_policies import DEPTH, STATE, save_untrained

from cli import contact_sheet, stage, tiles
from cli.contact_sheet import COLUMNS, GAP, HEAD, ROWS, SIDE, WIDTH, Reset, caption, resets
from cli.inset import FRAME, MARGIN, SHARE, enlarged, with_inset
from cli.main import main
from cli.tiles import UNKNOWN
from sim.conditions import Conditions
from sim.depth_env import DepthGraspEnv
from sim.render import Viewpoint, picture


@pytest.fixture(autouse=True)
def _workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DISPLAY", raising=False)


def test_the_sheet_shows_every_reset_and_what_the_camera_sees_of_it(tmp_path, capsys):
    assert main(["view", "--contact-sheet", "--out", "sheet.png"]) == 0
    assert "wrote sheet.png" in capsys.readouterr().err
    sheet = (255 * images.imread(tmp_path / "sheet.png")[..., :3]).round().astype(np.uint8)
    step_y = (len(sheet) - HEAD) // ROWS
    tiles = [
        sheet[HEAD + row * step_y :, GAP + column * (WIDTH + SIDE + GAP) :][:SIDE, : WIDTH + SIDE]
        for row in range(ROWS)
        for column in range(COLUMNS)
    ]
    assert len({tile.tobytes() for tile in tiles}) == ROWS * COLUMNS
    depths = [tile[:, WIDTH:] for tile in tiles]
    unmeasured = [(depth == UNKNOWN).all(axis=-1).any() for depth in depths]
    assert 0.5 < np.mean(unmeasured) < 1.0
    red = [((tile[:, :WIDTH] * (1.0, -1.0, -1.0)).sum(-1) > 80).sum() for tile in tiles]
    assert min(red) > 40, "the block is in every scene"


def test_a_tile_is_the_reset_of_its_seed_in_the_asked_conditions():
    env = DepthGraspEnv(randomization="default")
    first, second = resets(env, 7, 2)
    _, info = env.reset(seed=8)
    assert second.conditions == Conditions.from_info(info["conditions"]) != first.conditions
    assert (first.seed, second.seed) == (7, 8)
    assert first.scene.shape == (SIDE, WIDTH, 3)
    env.close()


def test_the_words_below_a_tile_say_what_was_drawn():
    drawn = Conditions(
        camera_x=0.003, camera_z=0.004, camera_fov=-2.0, block_size=0.0281, servo_lag=0.12,
        depth_dropout=0.034,
    )  # fmt: skip
    blank = np.zeros((1, 1, 3), np.uint8)
    words = caption(Reset(3, blank, blank, drawn), 82.0).split("\n")
    assert words[0] == "seed 3  block 28.1 mm 20 g  lag 120 ms"
    assert words[1] == "fov 80.0 deg  off 5.0 mm 0.0 deg  holes 3.4%"
    assert "seed 3  2 objects  lag" in caption(Reset(3, blank, blank, drawn, objects=2), 82.0)


def test_of_clutter_a_tile_is_what_the_policy_saw_before_jaws_hid_it():
    env = DepthGraspEnv(randomization="default", task="full", clutter="test")
    (shown,) = resets(env, 7, 1)
    observation, info = env.reset(seed=7)
    now, before = np.moveaxis(observation["depth"], 2, 0)
    assert (now != before).any()
    np.testing.assert_array_equal(shown.depth, enlarged(tiles.seen(before[:, :, None]), SIDE))
    assert shown.objects == len(info["objects"]) > 0
    env.close()


def test_a_sheet_of_clutter_is_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr(contact_sheet, "ROWS", 1)
    asked = "--contact-sheet", "--task", "full", "--clutter", "test", "--out", "sheet.png"
    assert main(["view", *asked]) == 0
    assert len(images.imread(tmp_path / "sheet.png")) < 300


def test_the_sheet_of_a_policy_is_of_its_own_camera(tmp_path, monkeypatch):
    monkeypatch.setattr(contact_sheet, "ROWS", 1)
    save_untrained(tmp_path / "p", DEPTH, image_size=16)
    assert main(["view", "p", "--contact-sheet", "--randomization", "wide"]) == 0
    sheet = images.imread(tmp_path / "contact-sheet-wide.png")
    depth = sheet[HEAD : HEAD + SIDE, GAP + WIDTH :][:, :SIDE]
    edges = np.flatnonzero((depth[1:] != depth[:-1]).any(axis=(1, 2))) + 1
    rows = {int(np.ceil(row * SIDE / 16)) for row in range(1, 16)}
    assert len(edges) > 4
    assert set(edges.tolist()) <= rows


def test_a_policy_that_sees_is_filmed_with_what_it_sees(tmp_path, monkeypatch):
    small = Viewpoint(width=320, height=240, shadow=False)
    monkeypatch.setattr(stage, "picture", lambda world: picture(world, small))
    save_untrained(tmp_path / "p", DEPTH, image_size=16)
    assert main(["view", "p", "--out", "p.mp4"]) == 0
    with av.open(str(tmp_path / "p.mp4")) as video:
        pictures = [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]
    assert len(pictures) > 100
    side = round(SHARE * 240)
    inset = [p[MARGIN + FRAME :, -MARGIN - FRAME - side :][:side, :side] for p in pictures]
    frame = pictures[0][MARGIN : MARGIN + FRAME, -MARGIN - side : -MARGIN]
    assert frame.min() > 200
    lowered = inset[80].astype(int) - inset[0]
    assert abs(lowered).mean() > 5, "the picture changes as the camera is lowered"


def test_without_a_camera_nothing_is_inset():
    picture = np.zeros((40, 60, 3), np.uint8)
    assert with_inset(picture, None) is picture
    seen = np.full((8, 8, 1), 255, np.uint8)
    assert with_inset(picture, seen).any()
    assert not picture.any()


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (("state", "--contact-sheet"), "state sees through no camera"),
        (("--contact-sheet", "--out", "sheet.mp4"), "choose a name that ends in .png"),
        (("--contact-sheet", "--out", "no/sheet.png"), "there is no folder no"),
        (("--contact-sheet", "--randomization", "wild"), "did you mean 'wide'"),
        (("--randomization", "wild"), "did you mean 'wide'"),
        (("pendulum",), "Pendulum-v1 is no grasp of ours"),
        (("other",), "made for details.fov_degrees 70.0, but this needs 82.0"),
    ],
)
def test_what_cannot_be_seen_is_refused_with_the_mend(tmp_path, capsys, asked, reason):
    save_untrained(tmp_path / "state", STATE)
    save_untrained(tmp_path / "pendulum", "Pendulum-v1")
    save_untrained(tmp_path / "other", DEPTH, details={"fov_degrees": 70.0})
    assert main(["view", *asked]) == 2
    assert reason in capsys.readouterr().err
