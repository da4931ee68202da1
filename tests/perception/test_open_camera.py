import os
import tempfile
from pathlib import Path

import pytest

from perception.camera import Camera
from perception.devices import usable_device, video_devices
from perception.errors import CameraError
from perception.open_camera import FORMS, open_camera
from perception.recordings import ImageFolder, VideoFile
from perception.webcam import Webcam


@pytest.mark.parametrize(
    ("address", "kind", "name"),
    [
        ("0", Webcam, "video0"),
        ("/dev/video2", Webcam, "video2"),
        ("video:takes/one.mp4", VideoFile, "one"),
        ("images:views:old", ImageFolder, "views:old"),
    ],
)
def test_an_address_names_a_camera(address: str, kind: type[Camera], name: str) -> None:
    camera = open_camera(address)
    assert isinstance(camera, kind) and camera.name == name


@pytest.mark.parametrize("address", ["", "-1", "webcam", "video:", "images:", "http://pi", "1.5"])
def test_an_address_of_no_camera_lists_the_forms(address: str) -> None:
    with pytest.raises(CameraError) as refusal:
        open_camera(address)
    assert repr(address) in str(refusal.value)
    assert all(form in str(refusal.value) for form in FORMS)


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, Path]:
    """Return folders like those of a machine with two cameras, one with a second device."""
    dev, sysfs = tmp_path / "dev", tmp_path / "sysfs"
    dev.mkdir()
    for name, title, index in (
        ("video10", "Arducam", "0"),
        ("video2", "USB Camera", "0"),
        ("video3", "USB Camera", "1"),
    ):
        (dev / name).touch()
        (sysfs / name).mkdir(parents=True)
        (sysfs / name / "name").write_text(f"{title}\n")
        (sysfs / name / "index").write_text(f"{index}\n")
    (dev / "video-encoder").touch()
    return {"dev": dev, "sysfs": sysfs}


def test_devices_are_listed_once_a_camera_by_number(machine: dict[str, Path]) -> None:
    found = video_devices(**machine)
    assert [(device.path.name, device.title) for device in found] == [
        ("video2", "USB Camera"),
        ("video10", "Arducam"),
    ]


def test_another_number_is_refused_with_those_there_are(machine: dict[str, Path]) -> None:
    with pytest.raises(CameraError, match=r"no camera at .*video0: there are .*video2 \(USB Cam"):
        usable_device(machine["dev"] / "video0", **machine)


def test_a_name_made_by_udev_leads_to_the_title(machine: dict[str, Path]) -> None:
    link = machine["dev"] / "wrist"
    link.symlink_to(machine["dev"] / "video2")
    assert usable_device(link, **machine).title == "USB Camera"


def test_a_camera_of_a_group_one_is_not_in_is_told_with_the_mend() -> None:
    was = os.geteuid()
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        camera = Path(folder) / "video0"
        camera.touch(mode=0)
        camera.parent.chmod(0o755)
        if was == 0:
            os.seteuid(65_534)
        try:
            with pytest.raises(CameraError, match=r"may not use it.*usermod -aG video"):
                usable_device(camera)
        finally:
            os.seteuid(was)
