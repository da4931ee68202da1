"""Say what works on this machine, and how to mend what does not."""

import importlib.metadata
import os
import platform
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hardware.endpoint import DEFAULT_PORT
from hardware.keys import KeyStore
from policies.policy_files import load_policy
from policies.runs import RUNS, find_policy, policy_names
from robot.errors import RobotError
from robot.model import load_arm
from urdf import arm_names

EXAMPLES = """
  twinarm doctor
"""

EXTRAS = {
    "sim": ("pybullet", "gymnasium"),
    "train": ("tensorboardX", "matplotlib", "av"),
    "pi": ("smbus2",),
    "bench": ("torch", "stable-baselines3"),
}
NEEDED_HERE = ("sim", "train")


@dataclass(frozen=True)
class Options:
    """Nothing to choose."""

    keys: Path | None = None
    """Folder of keys; $TWINARM_KEYS or ~/.config/twinarm/keys if not given."""


@dataclass(frozen=True, slots=True)
class Finding:
    """good: True works, False is broken, None is absent but not needed for everything."""

    good: bool | None
    what: str
    mend: str = ""


def run(options: Options) -> int:
    """Print every finding; the exit code is 1 if something is broken."""
    broken = False
    for finding in _findings(options):
        mark = {True: "ok     ", False: "broken ", None: "absent "}[finding.good]
        print(mark + finding.what + (f"\n       -> {finding.mend}" if finding.mend else ""))
        broken = broken or finding.good is False
    return int(broken)


def _findings(options: Options) -> Iterator[Finding]:
    version = platform.python_version()
    yield Finding(sys.version_info >= (3, 11), f"Python {version}, {os.cpu_count()} cores")
    yield from (_extra(extra) for extra in EXTRAS)
    yield from (_tried(f"arm {name}", partial(_arm, name)) for name in arm_names())
    yield _tried("physics", _physics)
    yield _tried("policies", _policies)
    yield _tried("run folder", _run_folder)
    yield _display()
    yield _tried("keys", lambda: _keys(options.keys))
    yield _port()


def _tried(what: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(True, f"{what}: {check()}")
    except ModuleNotFoundError as error:
        return Finding(None, f"{what}: {error}", "pip install 'twinarm[sim,train]'")
    except Exception as error:  # whatever is wrong is what the user wants to read
        return Finding(False, f"{what}: {error}")


def _extra(extra: str) -> Finding:
    found, missing = [], []
    for name in EXTRAS[extra]:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if not missing:
        return Finding(True, f"[{extra}] {', '.join(found)}")
    good = False if extra in NEEDED_HERE and found else None
    mend = f"pip install 'twinarm[{extra}]'"
    return Finding(good, f"[{extra}] without {', '.join(missing)}", mend)


def _arm(name: str) -> str:
    model = load_arm(name)
    return (
        f"{model.title}, {model.n} joints and a gripper of {model.gripper.max_opening * 1e3:.0f} mm"
    )


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
        load_policy(find_policy(name))
    return f"{', '.join(names) or 'none yet'}"


def _run_folder() -> str:
    RUNS.mkdir(exist_ok=True)
    probe = RUNS / ".probe"
    probe.write_bytes(b"twinarm")
    probe.unlink()
    return f"{RUNS.resolve()} can be written"


def _display() -> Finding:
    if os.environ.get("DISPLAY") or sys.platform != "linux":
        return Finding(True, "display: `twinarm view` opens a window")
    return Finding(None, "display: `twinarm view` writes videos instead of opening a window")


def _keys(folder: Path | None) -> str:
    store = KeyStore(folder)
    try:
        store.own("client")
    except RobotError:
        if not store.folder.exists():
            return f"none yet in {store.folder}; `twinarm pair` makes them"
        raise
    return f"in {store.folder}, {len(store.authorized_clients())} clients authorized"


def _port() -> Finding:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", DEFAULT_PORT)) == 0:
            return Finding(True, f"port {DEFAULT_PORT}: a server listens on this machine")
    return Finding(True, f"port {DEFAULT_PORT}: free, no server runs on this machine")
