"""Turns ``--arm`` into an arm: ``sim`` or ``tcp://host:port``, with or without a mirror."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hardware.keys import KeyStore
from hardware.remote_arm import RemoteArm
from robot.arm import Arm
from robot.errors import RobotError
from robot.mirror import MirroredArm
from robot.model import load_arm
from robot.servo_file import IdentifiedServos, read_servos
from sim.grasp_scene import GraspScene
from sim.identified import twin_servos
from sim.world import GRIP


def check_address(arm: str) -> None:
    """Raise RobotError unless ``arm`` is ``sim`` or looks like an address."""
    if arm != "sim" and not arm.startswith("tcp://"):
        raise RobotError(f"--arm {arm!r} is neither 'sim' nor an address like tcp://pi:5555")


@dataclass(frozen=True, slots=True)
class Cell:
    """An arm to command, and the simulated scene that shows or mirrors it, if there is one."""

    arm: Arm
    scene: GraspScene | None
    mirror: MirroredArm | None


@contextmanager
def open_cell(
    arm: str,
    model: str,
    mirror: bool = False,
    keys: Path | None = None,
    insecure: bool = False,
    servos: Path | None = None,
) -> Iterator[Cell]:
    """Yield the connected cell that ``arm`` means; it is stopped and let go of at the end.

    model: name of the arm that is expected. servos: file of identified ones, for the simulated
    arm or twin. Raises RobotError.
    """
    check_address(arm)
    if servos is not None and arm != "sim" and not mirror:
        raise RobotError("--servos is for what is simulated: --arm sim, or a twin (--mirror)")
    identified = None if servos is None else read_servos(servos, load_arm(model))
    if arm == "sim":
        if mirror:
            raise RobotError("--mirror needs a remote arm to mirror: --arm tcp://pi:5555 --mirror")
        with GraspScene(load_arm(model), clock=time.monotonic, pace=GRIP) as scene, scene.arm:
            _fit(scene, identified)
            yield Cell(scene.arm, scene, None)
        return
    remote = RemoteArm(arm, keys=None if insecure else KeyStore(keys))
    if remote.model.name != model:
        raise RobotError(
            f"{arm} is a {remote.model.name}, and what shall move it is for a {model}: name the"
            f" arm that it is, or take a policy or recording of a {remote.model.name}"
        )
    with _twin(remote, mirror, identified) as cell:
        yield cell


@contextmanager
def _twin(remote: RemoteArm, mirror: bool, identified: IdentifiedServos | None) -> Iterator[Cell]:
    if not mirror:
        with remote:
            yield Cell(remote, None, None)
        return
    with GraspScene(remote.model, clock=time.monotonic, pace=GRIP) as scene:
        _fit(scene, identified)
        pair = MirroredArm(remote, scene.arm)
        with pair:
            now = remote.state()
            scene.arm.limit_motion()
            scene.arm.teleport(now.positions, now.gripper)
            yield Cell(pair, scene, pair)


def _fit(scene: GraspScene, identified: IdentifiedServos | None) -> None:
    """Put identified servos into the scene's arm, if there are any."""
    if identified is not None:
        scene.arm.set_servos(twin_servos(identified, scene.model))
