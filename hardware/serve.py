"""Run an arm server as a process of its own: ``python -m hardware.serve --help``."""

import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from threading import Event, Thread
from types import FrameType

import tyro

from hardware.driver import ArmDriver
from hardware.drivers import arm_driver
from hardware.endpoint import Endpoint
from hardware.frames import FrameSource
from hardware.keys import KeyStore
from hardware.runner import Runner
from hardware.serve_config import ServeConfig
from hardware.server import ArmServer
from hardware.server_process import READY
from hardware.servo_port import ServoPort
from robot.errors import RobotError
from robot.model import ArmModel, load_arm

log = logging.getLogger(__name__)


def run_server(
    config: ServeConfig,
    ready: Callable[[Endpoint], None] | None = None,
    runner: Runner | None = None,
    frames: FrameSource | None = None,
    wired: Callable[[ServoPort], None] | None = None,
) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP; the arm is then parked, and holds after a second.

    ready: called once clients can connect. runner: runs the policies that clients send; None
    refuses them. frames: pictures of the arm's camera to publish. wired: called with the port of
    the servos before anything is told to them. Raises RobotError if the server cannot start.
    """
    model = load_arm(config.arm)
    until, hurry = Event(), Event()
    with arm_driver(config, model, wired) as found:
        server = _server(config, model, found.driver, runner, frames)
        _stop_on_signals(until, hurry)
        if config.until_stdin_closes:
            Thread(target=_watch_stdin, args=(until,), daemon=True).start()
        with server:
            log.info("%s on %s", model.title, found.place)
            log.info("serving the %s %s at %s", config.driver, model.title, server.endpoint)
            if ready:
                ready(server.endpoint)
            server.serve(until)
            if config.park:
                server.park(hurry)
    log.info("stopped")


def _server(
    config: ServeConfig,
    model: ArmModel,
    driver: ArmDriver,
    runner: Runner | None,
    frames: FrameSource | None,
) -> ArmServer:
    return ArmServer(
        model,
        driver,
        str(Endpoint(config.host, config.port)),
        keys=None if config.insecure_loopback else KeyStore(config.keys),
        timing=config.timing,
        runner=runner,
        frames=frames,
    )


def _stop_on_signals(until: Event, hurry: Event) -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        (hurry if until.is_set() else until).set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup has it
        signal.signal(signal.SIGHUP, stop)  # ssh was cut


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
