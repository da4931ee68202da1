"""Writes the files that perfect calibrations of an emulated cell's camera would leave."""

import time
from datetime import date

import numpy as np

from hardware.remote_arm import RemoteArm
from perception.calibration_file import write_calibration
from perception.camera_calibration import CameraCalibration
from perception.camera_place import CameraPlace
from perception.intrinsics import PARAMETERS
from perception.rigid import inverse
from robot.link_chain import LinkChain, mount_of

SIZE = (640, 480)


def write_true_files(cell, model, seed, camera, folder, raised=0.0):
    """Return the options of a verb that name them: ``--lens FILE --hand-eye FILE``.

    raised: by how much the camera is said to be higher than it is [m].
    """
    truth, name = cell.truth(), f"cell-{seed}-{camera}"
    values = {"matrix": np.array(truth["matrix"]), "distortion": np.array(truth["distortion"])}
    lens = CameraCalibration("camera", name, SIZE, values, PARAMETERS, np.eye(9) * 1e-6, 0.1)
    write_calibration(folder / "lens.json", lens)
    place = _place(cell, model, truth, name, camera)
    place.T_parent_camera[2, 3] += raised
    write_calibration(folder / "hand-eye.json", place.to_calibration())
    return "--lens", str(folder / "lens.json"), "--hand-eye", str(folder / "hand-eye.json")


def _place(cell, model, truth, name, camera):
    with RemoteArm(cell.url, observe=True) as arm:
        time.sleep(0.5)  # until the arm stands where it is said to
        angles = np.array(cell.score()["angles"])[: model.n]
        zero = angles - arm.state().positions
    T_base_camera = np.array(cell.truth()["T_base_camera"])
    if camera == "wrist":
        link, _ = mount_of(model, model.camera.link)
        T_base_camera = inverse(LinkChain(model, link).pose(angles)) @ T_base_camera
    half_play = truth["values"]["backlash"] / 2
    return exact_place(model, name, camera == "wrist", T_base_camera, zero, half_play)


def exact_place(model, camera, on_arm, T_parent_camera, zero=None, half_play=0.0):
    """Return a place of a camera that is known exactly, as are the joints."""
    return CameraPlace(
        camera=camera,
        size=SIZE,
        arm=model.name,
        on_arm=on_arm,
        T_parent_camera=T_parent_camera,
        covariance=np.eye(6) * 1e-8,
        zero=np.zeros(model.n) if zero is None else zero,
        gain=np.zeros(model.n),
        half_play=half_play,
        residual_px=0.1,
        residual_mm=0.1,
        day=date.today(),
    )
