import json
from itertools import pairwise

import numpy as np
import pytest
from matplotlib import image as images
from toy_demonstrations import MODEL, RATE, waving, write

from cli.demonstrated_arm import arm_schema
from cli.main import main
from policies.demonstrations.schema import Schema
from policies.demonstrations.writer import DatasetWriter

EVEN = np.arange(80) / RATE


@pytest.fixture
def faulty(tmp_path):
    """Return a dataset of four episodes: sound, with gaps, with a jump and a rest, too slow."""
    folder = tmp_path / "set"
    write(folder, EVEN, waving(EVEN))
    kept = np.delete(np.arange(80), [20, 21, 50])
    write(folder, EVEN[kept], waving(EVEN[kept]))
    rows = waving(EVEN)
    rows[30:70] = rows[30]
    rows[70:, 2] += 0.6
    write(folder, EVEN, rows)
    write(folder, 1.5 * EVEN, waving(1.5 * EVEN))
    return folder


def test_every_fault_is_found_where_it_is(faulty, capsys):
    assert main(["inspect", str(faulty), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    sound, gappy, jumpy, slow = told["episodes"]
    assert (sound["dropped"], sound["jumps"], sound["idle"]) == (0, 0, [])
    assert (gappy["dropped"], gappy["jumps"]) == (3, 0)
    assert jumpy["jumps"] == 1
    ((begin, end),) = jumpy["idle"]
    assert (begin, end) == (pytest.approx(1.5), pytest.approx(3.45))
    assert slow["rate"] == pytest.approx(RATE / 1.5)
    assert told["slow"] == [3]


def test_people_read_a_table_that_marks_what_is_slow(faulty, capsys):
    assert main(["inspect", str(faulty)]) == 0
    told = capsys.readouterr().out
    assert [line.split()[-1] == "slow" for line in told.splitlines()[2:6]] == [False] * 3 + [True]
    assert "4 episodes of dofbot at 20 Hz" in told


@pytest.mark.parametrize("filmed", [False, True])
def test_a_sheet_shows_a_row_an_episode(tmp_path, filmed, capsys):
    folder, sheet = tmp_path / "set", tmp_path / "sheet.png"
    cameras = {"front": (48, 64)} if filmed else {}
    with DatasetWriter(folder, arm_schema(MODEL, RATE, cameras)) as writer:
        for _ in range(2):
            with writer.take("wave") as take:
                for i, row in enumerate(waving(EVEN[:20])):
                    grey = np.full((48, 64, 3), 12 * i, np.uint8)
                    take.add(EVEN[i], row, row, {"front": grey} if filmed else {})
                take.save(None)
    assert main(["inspect", str(folder), "--thumbnails", str(sheet)]) == 0
    pixels = images.imread(sheet)[:, :, :3]
    assert pixels.shape[:2] == (40 + 2 * 146, 6 * 160 + 16)
    tiles = [pixels[60:140, 8 + 160 * c : 168 + 160 * c] for c in range(6)]
    assert all(np.abs(a - b).max() > 0.1 for a, b in pairwise(tiles))


def test_an_unknown_arm_is_inspected_but_for_its_limits(tmp_path, capsys):
    write(tmp_path, EVEN, waving(EVEN), Schema("hexapod", tuple("abcdef"), RATE))
    assert main(["inspect", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["episodes"][0]["jumps"] is None
    assert main(["inspect", str(tmp_path), "--thumbnails", str(tmp_path / "x.png")]) == 2
    assert "no camera was recorded" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--thumbnails", "sheet.gif"], "ends in .png"),
        (["--thumbnails", "no/such/sheet.png"], "no folder"),
        (["--least-rate", "0"], "--least-rate 0"),
    ],
)
def test_a_mistake_is_told_before_anything_is_read(tmp_path, capsys, options, said):
    assert main(["inspect", str(tmp_path / "absent"), *options]) == 2
    assert said in capsys.readouterr().err


def test_what_is_no_dataset_or_an_empty_or_damaged_one_is_told(tmp_path, capsys):
    assert main(["inspect", str(tmp_path)]) == 2
    assert "no dataset here" in capsys.readouterr().err
    folder = tmp_path / "set"
    with DatasetWriter(folder, arm_schema(MODEL, RATE, {})):
        pass
    assert main(["inspect", str(folder)]) == 2
    assert "no episodes in it yet" in capsys.readouterr().err
    write(folder, EVEN, waving(EVEN))
    (folder / "data/chunk-000/file-000.parquet").write_bytes(b"PAR1")
    assert main(["inspect", str(folder)]) == 2
    assert "damaged" in capsys.readouterr().err
