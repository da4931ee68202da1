"""Run the server that moves an arm: on the Raspberry Pi, or anywhere with an emulated one."""

import logging

from cli.on_pi import run_policy
from hardware.endpoint import Endpoint
from hardware.serve import run_server
from hardware.serve_config import ServeConfig

Options = ServeConfig
EXAMPLES = """
  twinarm pair --local && twinarm serve       an emulated arm for this machine alone
  twinarm serve --board i2c --faults.rate 0.01
  twinarm serve --driver i2c --host 0.0.0.0   a DOFBot, for every machine whose key was authorized
"""


def run(options: ServeConfig) -> int:
    """Serve until Ctrl-C."""
    logging.getLogger().setLevel(logging.INFO)

    def tell(endpoint: Endpoint) -> None:
        print(f"ready at {endpoint} ({options.driver} arm); Ctrl-C stops", flush=True)

    run_server(options, tell, runner=run_policy)
    return 0
