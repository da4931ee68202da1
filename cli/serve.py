"""Run the server that moves an arm: on the Raspberry Pi, or anywhere with an emulated one."""

import logging
from dataclasses import dataclass

from cli.on_pi import run_policy
from cli.served_camera import served_camera
from hardware.endpoint import Endpoint
from hardware.serve import run_server
from hardware.serve_config import ServeConfig

EXAMPLES = """
  twinarm pair --local && twinarm serve       an emulated arm for this machine alone
  twinarm serve --board i2c --faults.rate 0.01
  twinarm serve --driver i2c --host 0.0.0.0   a DOFBot, for every machine whose key was authorized
  twinarm serve --driver i2c --camera 0       and the pictures of its camera, /dev/video0
"""


@dataclass(frozen=True, slots=True)
class Options(ServeConfig):
    """What to serve, where, and to whom."""

    camera: str | None = None
    """Camera whose pictures clients may see: 0, /dev/video0, video:FILE or images:FOLDER."""


def run(options: Options) -> int:
    """Serve until Ctrl-C."""
    logging.getLogger().setLevel(logging.INFO)

    def tell(endpoint: Endpoint) -> None:
        print(f"ready at {endpoint} ({options.driver} arm); Ctrl-C stops", flush=True)

    with served_camera(options.camera) as frames:
        run_server(options, tell, runner=run_policy, frames=frames)
    return 0
