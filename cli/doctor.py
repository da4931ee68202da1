"""Say what works on this machine, and how to mend what does not."""

import importlib.metadata
import os
import platform
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from cli.doctor_board import board_findings
from cli.doctor_calibration import calibrations_here, examine_calibration
from cli.doctor_cameras import camera_findings
from cli.doctor_pi import on_a_pi, pi_findings
from cli.doctor_ports import port_findings
from cli.doctor_service import service_findings
from cli.doctor_teleop import teleop_findings
from cli.doctor_ur import ur_findings
from cli.finding import Finding, tried
from hardware.drivers import UR
from hardware.endpoint import DEFAULT_PORT
from hardware.keys import KeyStore
from hardware.servo_port import FaultOptions, servo_port
from hardware.servos.calibration import nominal
from hardware.tokens import Role
from policies.errors import PolicyError
from policies.policy_files import load_policy
from policies.runs import RUNS, find_policy, policy_names
from robot.model import load_arm
from urdf import arm_names

EXAMPLES = """
  twinarm doctor                                this machine
  twinarm doctor --driver i2c                   and the DOFBot's board and servos; moves nothing
  twinarm doctor --driver ds --device /dev/ttyUSB0
  twinarm doctor --arm ur5 --driver ur --device 192.168.0.10
  twinarm doctor --driver emulated --board feetech --faults.missing 4 5 6 --faults.volts 5.1
"""

EXTRAS = {
    "sim": ("pybullet", "gymnasium"),
    "vision": ("opencv-contrib-python", "mediapipe", "flatbuffers"),
    "train": ("tensorboardX", "matplotlib", "av"),
    "record": ("pyarrow", "av"),
    "gamepad": ("pygame-ce",),
    "pi": ("smbus2",),
    "ur": ("ur_rtde",),
    "bench": ("torch", "stable-baselines3"),
}
ROLES: tuple[Role, ...] = ("server", "client")


@dataclass(frozen=True)
class Options:
    """What to ask besides this machine."""

    driver: str | None = None
    """Also ask this board and its servos: i2c, se, ds, feetech, lx16a, or emulated; or ur."""
    device: str | None = None
    """Its port, the board's usual one if not given; or the address of the UR controller."""
    arm: str = "dofbot"
    """Arm it moves, by its folder in urdf/."""
    calibration: Path | None = None
    """File of its joints; the one that `twinarm calibrate joints` wrote if not given."""
    board: str = "ds"
    """Board to emulate."""
    faults: FaultOptions = field(default_factory=FaultOptions)
    """What is wrong with the emulated board."""
    keys: Path | None = None
    """Folder of keys; $TWINARM_KEYS or ~/.config/twinarm/keys if not given."""


def run(options: Options) -> int:
    """Print every finding; the exit code is 1 if something is broken."""
    broken = False
    for finding in _findings(options):
        print(finding, flush=True)
        broken = broken or finding.good is False
    return int(broken)


def _findings(options: Options) -> Iterator[Finding]:
    version = platform.python_version()
    yield Finding(sys.version_info >= (3, 11), f"Python {version}, {os.cpu_count()} cores")
    yield from (_extra(extra) for extra in EXTRAS)
    yield from (tried(f"arm {name}", partial(_arm, name)) for name in arm_names())
    yield tried("physics", _physics)
    yield tried("policies", _policies)
    yield tried("run folder", _run_folder)
    yield tried("keys", lambda: _keys(options.keys))
    yield _port()
    yield from pi_findings()
    yield from service_findings()
    yield from port_findings()
    yield from camera_findings()
    yield from teleop_findings()
    if options.driver is None:
        yield from calibrations_here(load_arm(options.arm))
    elif options.driver == UR:
        yield from ur_findings(load_arm(options.arm), options.device)
    else:
        yield from _servos(options, options.driver)


def _servos(options: Options, driver: str) -> Iterator[Finding]:
    model = load_arm(options.arm)
    with servo_port(model, driver, options.board, options.device, faults=options.faults) as port:
        calibration = None
        if port.emulated is None or options.calibration is not None:
            calibration, findings = examine_calibration(model, port.board, options.calibration)
            yield from findings
        yield from board_findings(model, port, calibration or nominal(model, port.board))


def _extra(extra: str) -> Finding:
    found, missing = [], []
    for name in EXTRAS[extra]:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if not missing:
        return Finding(True, f"[{extra}] {', '.join(found)}")
    broken = bool(found) or (extra == "pi" and on_a_pi())
    mend = f"pip install 'twinarm[{extra}]'"
    return Finding(False if broken else None, f"[{extra}] without {', '.join(missing)}", mend)


def _arm(name: str) -> str:
    model = load_arm(name)
    jaws = model.gripper
    opening = "no" if jaws.joint is None else f"a {1e3 * jaws.max_opening:.0f} mm"
    return f"{model.title}, {model.n} joints, {opening} gripper"


def _physics() -> str:
    from sim.grasp_env import GraspEnv

    env = GraspEnv()
    env.reset(seed=0)
    env.step(env.action_space.sample())
    env.close()
    return "the grasp scene simulates"


def _policies() -> str:
    names = policy_names()
    for name in names:
        try:
            load_policy(find_policy(name))
        except PolicyError as error:
            raise PolicyError(f"{name}: {error}") from error
    return f"{', '.join(names) or 'none yet'}"


def _run_folder() -> str:
    RUNS.mkdir(exist_ok=True)
    probe = RUNS / ".probe"
    probe.write_bytes(b"twinarm")
    probe.unlink()
    return f"{RUNS.resolve()} can be written"


def _keys(folder: Path | None) -> str:
    store = KeyStore(folder)
    roles = [role for role in ROLES if (store.folder / f"{role}.key").exists()]
    for role in roles:
        store.own(role)
    if not roles:
        return f"none yet in {store.folder}; `twinarm pair` makes them"
    clients = len(store.authorized_clients())
    return f"of {' and '.join(roles)} in {store.folder}; authorized clients: {clients}"


def _port() -> Finding:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", DEFAULT_PORT)) == 0:
            return Finding(True, f"port {DEFAULT_PORT}: a server listens on this machine")
    return Finding(True, f"port {DEFAULT_PORT}: free, no server runs on this machine")
