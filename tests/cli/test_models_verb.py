import os
import resource
from pathlib import Path

import pytest
from stalling_index import stalling_index
from verb_process import Twinarm

from perception.models import BUNDLES


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TWINARM_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def test_the_list_tells_what_is_missing_and_how_to_get_it(twinarm: Twinarm, folder: Path) -> None:
    listed = twinarm("models")
    assert listed.returncode == 1
    assert all(name in listed.stdout for name in BUNDLES)
    assert listed.stdout.count("`twinarm models fetch`") == len(BUNDLES)


def test_a_damaged_model_is_fetched_anew(
    twinarm: Twinarm, folder: Path, model_files: dict[str, Path]
) -> None:
    folder.mkdir()
    for name in BUNDLES:
        os.link(model_files[name], folder / f"{name}.task")
    assert twinarm("models", "list").returncode == 0
    assert "all models are there" in twinarm("models", "fetch").stdout
    (folder / "pose.task").unlink()
    (folder / "pose.task").write_bytes(b"half a mod")
    assert "damaged" in twinarm("models").stdout
    fetched = twinarm("models", "fetch")
    assert fetched.returncode == 0 and "36 MB" in fetched.stderr
    assert twinarm("models", "path", "pose").stdout.strip() == str(folder / "pose.task")
    assert (folder / "pose.task").read_bytes() == model_files["pose"].read_bytes()


def test_without_a_network_the_verb_says_what_to_do(
    twinarm: Twinarm, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    failed = twinarm("models", "fetch")
    assert failed.returncode == 2 and "Traceback" not in failed.stderr
    assert "--wheel FILE" in failed.stderr


def test_a_disk_that_is_full_is_called_so(
    twinarm: Twinarm, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with stalling_index() as url:
        monkeypatch.setenv("PIP_INDEX_URL", url)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
        try:
            failed = twinarm("models", "fetch")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert failed.returncode == 2 and "Traceback" not in failed.stderr
    assert "File too large" in failed.stderr
    assert not folder.exists()


def test_an_unknown_model_lists_the_valid_ones(twinarm: Twinarm, folder: Path) -> None:
    assert "valid: hand, hand-lite, pose" in twinarm("models", "path", "nose").stderr


def test_a_mistyped_command_lists_the_valid_ones(twinarm_here: Twinarm) -> None:
    done = twinarm_here("models", "fetc")
    assert done.returncode == 2
    assert "valid: fetch, list, path, try" in done.stderr
