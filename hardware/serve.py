"""Run an arm server as a process of its own: ``python -m hardware.serve --help``."""

import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from threading import Event, Thread
from types import FrameType
from typing import Annotated

import tyro

from hardware.driver import ArmDriver
from hardware.emulated import EmulatedDriver, EmulatedServos
from hardware.endpoint import DEFAULT_PORT, Endpoint
from hardware.keys import KeyStore
from hardware.runner import Runner
from hardware.server import ArmServer, Timing
from robot.errors import RobotError, UnknownNameError
from robot.model import ArmModel, load_arm

log = logging.getLogger(__name__)

READY = "ready at "
"""How the line on stdout begins that tells that clients can connect; the address follows."""


@dataclass(frozen=True, slots=True)
class ServeConfig:
    """What to serve, where, and to whom."""

    arm: str = "dofbot"
    """Arm to move, by its folder in urdf/."""
    driver: str = "emulated"
    """What moves its joints."""
    host: str = "127.0.0.1"
    """Address to listen at; 0.0.0.0 for every network of this machine."""
    port: int = DEFAULT_PORT
    """TCP port for requests, the next one being for telemetry; 0 takes free ones."""
    keys: Path | None = None
    """Folder of keys; $TWINARM_KEYS or ~/.config/twinarm/keys if not given."""
    insecure_loopback: bool = False
    """Use no keys: any program on this machine may move the arm, nothing from outside can."""
    seed: int = 0
    """Of the emulated servos' hidden errors."""
    servos: EmulatedServos = field(default_factory=EmulatedServos)
    """How the emulated servos differ from ideal ones."""
    timing: Timing = field(default_factory=Timing)
    """How fast the server runs and how long it waits."""
    quiet: bool = False
    """Log warnings and errors alone."""
    until_stdin_closes: Annotated[bool, tyro.conf.Suppress] = False
    """Also stop at the end of standard input, so as not to outlive a parent process."""


DriverMaker = Callable[[ArmModel, ServeConfig], ArmDriver]

DRIVERS: dict[str, DriverMaker] = {
    "emulated": lambda model, config: EmulatedDriver(model, config.servos, seed=config.seed),
}


def run_server(
    config: ServeConfig,
    ready: Callable[[Endpoint], None] | None = None,
    drivers: Mapping[str, DriverMaker] = DRIVERS,
    runner: Runner | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM; the arm then holds.

    ready: called once clients can connect. drivers: those that ``config.driver`` may name.
    runner: runs the policies that clients send; None refuses them.
    Raises RobotError if the server cannot start.
    """
    if config.driver not in drivers:
        raise UnknownNameError("driver", config.driver, drivers)
    model = load_arm(config.arm)
    server = ArmServer(
        model,
        drivers[config.driver](model, config),
        str(Endpoint(config.host, config.port)),
        keys=None if config.insecure_loopback else KeyStore(config.keys),
        timing=config.timing,
        runner=runner,
    )
    until = Event()
    _stop_on_signals(until)
    if config.until_stdin_closes:
        Thread(target=_watch_stdin, args=(until,), daemon=True).start()
    with server:
        log.info("serving the %s %s at %s", config.driver, model.title, server.endpoint)
        if ready:
            ready(server.endpoint)
        server.serve(until)
    log.info("stopped")


def _stop_on_signals(until: Event) -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        until.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)


def _watch_stdin(until: Event) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    until.set()


def _announce(driver: str, endpoint: Endpoint) -> None:
    sys.stdout.write(f"{READY}{endpoint} ({driver} arm)\n")
    sys.stdout.flush()


def main(*, until_stdin_closes: bool = False) -> int:
    """Serve as the command line says; return the exit status."""
    try:
        config = tyro.cli(ServeConfig, description=__doc__)
        config = replace(config, until_stdin_closes=until_stdin_closes)
        level = logging.WARNING if config.quiet else logging.INFO
        logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(message)s")
        run_server(config, partial(_announce, config.driver))
    except RobotError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
