import json
import resource
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.checkpoint import (
    MANIFEST,
    read_manifest,
    read_part,
    write_checkpoint,
    write_whole,
)
from policies.errors import CheckpointError, PolicyError

ARRAYS = {
    "weight": np.arange(12, dtype=np.float32).reshape(3, 4),
    "count": np.array(7, np.int64),
    "flags": np.array([True, False]),
    "nothing": np.zeros((0, 3), np.float32),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_checkpoint(tmp_path / "last", {"policy": ARRAYS}, {"step": 5})
    return tmp_path / "last"


def arrays_file(folder: Path) -> Path:
    return next(folder.glob("*.safetensors"))


def read(folder: Path) -> Any:
    return read_part(folder, read_manifest(folder), "policy")


def change_manifest(folder: Path, **changes: Any) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(manifest | changes))


def test_arrays_and_values_come_back_as_written(folder: Path) -> None:
    assert read_manifest(folder)["step"] == 5
    loaded = read(folder)
    assert loaded.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert loaded[name].dtype == array.dtype
        np.testing.assert_array_equal(loaded[name], array)


def test_a_transposed_view_comes_back_as_it_looks(tmp_path: Path) -> None:
    view = np.arange(6, dtype=np.float32).reshape(2, 3).T
    write_checkpoint(tmp_path, {"policy": {"view": view}}, {})
    np.testing.assert_array_equal(read(tmp_path)["view"], view)


def test_a_new_checkpoint_replaces_the_old_one_and_leaves_no_file_behind(folder: Path) -> None:
    write_checkpoint(folder, {"policy": {"weight": np.ones(3, np.float32)}}, {"step": 6})
    assert read_manifest(folder)["step"] == 6
    np.testing.assert_array_equal(read(folder)["weight"], np.ones(3))
    assert len(list(folder.iterdir())) == 2


def test_the_old_checkpoint_stands_if_the_new_one_is_cut_short_anywhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.replace
    for allowed in range(2):
        calls = iter(range(10))

        def die(self: Path, target: Path, calls: Any = calls, allowed: int = allowed) -> Path:
            if next(calls) == allowed:
                raise OSError(28, "No space left on device")
            return real(self, target)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", die)
            with pytest.raises(PolicyError, match="No space left"):
                write_checkpoint(folder, {"policy": {"weight": np.ones(3)}}, {"step": 6})
        assert read_manifest(folder)["step"] == 5
        np.testing.assert_array_equal(read(folder)["weight"], ARRAYS["weight"])


def test_what_a_killed_writer_left_is_removed_and_the_rest_kept(folder: Path) -> None:
    for name in ("policy.new", "checkpoint.json.new", ".tmpAbC123", "notes.txt"):
        (folder / name).write_text("half")
    write_checkpoint(folder, {"policy": ARRAYS}, {"step": 6})
    assert {path.name for path in folder.iterdir()} == {
        MANIFEST,
        arrays_file(folder).name,
        "notes.txt",
    }


def test_a_disk_that_fills_up_is_a_clear_error_and_the_old_checkpoint_stands(folder: Path) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(PolicyError, match="cannot be written"):
            write_checkpoint(folder, {"policy": {"weight": np.ones(100_000)}}, {"step": 6})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert read_manifest(folder)["step"] == 5
    np.testing.assert_array_equal(read(folder)["weight"], ARRAYS["weight"])


@given(length=st.integers(0, 200))
def test_a_truncated_file_is_refused_by_name(
    tmp_path_factory: pytest.TempPathFactory, length: int
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    write_checkpoint(folder, {"policy": ARRAYS}, {})
    path = arrays_file(folder)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(CheckpointError, match=f"{path.name}: truncated or altered"):
        read(folder)


def test_one_altered_bit_is_refused(folder: Path) -> None:
    path = arrays_file(folder)
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match="truncated or altered"):
        read(folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    path = arrays_file(folder)
    path.unlink()
    with pytest.raises(CheckpointError, match=path.name):
        read(folder)


def test_a_folder_without_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no checkpoint here"):
        read_manifest(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", '"twinarm-checkpoint"', "\x00\xff", "{}"])
def test_a_manifest_that_is_not_ours_is_refused(folder: Path, text: str) -> None:
    (folder / MANIFEST).write_text(text)
    with pytest.raises(CheckpointError, match=MANIFEST):
        read_manifest(folder)


def test_another_format_version_is_refused(folder: Path) -> None:
    change_manifest(folder, version=2)
    with pytest.raises(CheckpointError, match="version 2, but this reads version 1"):
        read_manifest(folder)


def test_an_altered_value_of_the_manifest_is_refused(folder: Path) -> None:
    change_manifest(folder, step=6)
    with pytest.raises(CheckpointError, match=f"{MANIFEST}: truncated or altered"):
        read_manifest(folder)


def test_values_survive_whatever_json_makes_of_them(tmp_path: Path) -> None:
    meta = {"pair": (1, 2), "numbers": {10: 0.1, 9: 1e300}, "text": "α", "none": None}
    write_checkpoint(tmp_path, {"policy": ARRAYS}, meta)
    manifest = read_manifest(tmp_path)
    assert manifest["pair"] == [1, 2]
    assert manifest["numbers"] == {"10": 0.1, "9": 1e300}


def test_a_missing_part_is_named(folder: Path) -> None:
    with pytest.raises(CheckpointError, match="no part 'training'"):
        read_part(folder, read_manifest(folder), "training")


def test_a_manifest_cannot_point_outside_its_folder(folder: Path, tmp_path: Path) -> None:
    manifest = read_manifest(folder)
    entry = manifest["files"]["policy"]
    (tmp_path / entry["file"]).write_bytes(arrays_file(folder).read_bytes())
    arrays_file(folder).unlink()
    entry["file"] = f"../{entry['file']}"
    with pytest.raises(CheckpointError, match="cannot be read"):
        read_part(folder, manifest, "policy")


def test_a_pickle_with_a_matching_digest_is_not_loaded(folder: Path) -> None:
    import hashlib

    data = b"(dp0\nVweight\np1\nI1\ns."  # {"weight": 1}, in the oldest pickle protocol
    arrays_file(folder).write_bytes(data)
    manifest = read_manifest(folder)
    manifest["files"]["policy"]["sha256"] = hashlib.sha256(data).hexdigest()
    with pytest.raises(CheckpointError, match="not a safetensors file"):
        read_part(folder, manifest, "policy")


def test_an_unwritable_place_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PolicyError, match="cannot be written"):
        write_checkpoint(tmp_path / "file" / "last", {"policy": ARRAYS}, {})


def test_a_whole_write_replaces_the_content(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_whole(path, b"one")
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [path]
