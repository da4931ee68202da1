"""Run the server that moves an arm: on the Raspberry Pi, or anywhere with an emulated one."""

import logging

from cli.on_pi import run_policy
from hardware.endpoint import Endpoint
from hardware.serve import ServeConfig, run_server

Options = ServeConfig
EXAMPLES = """
  twinarm pair --local && twinarm serve       an emulated arm for this machine alone
  twinarm serve --host 0.0.0.0                for every machine whose key was authorized
"""


def run(options: ServeConfig) -> int:
    """Serve until Ctrl-C."""
    logging.getLogger().setLevel(logging.INFO)

    def tell(endpoint: Endpoint) -> None:
        print(f"ready at {endpoint} ({options.driver} arm); Ctrl-C stops", flush=True)

    run_server(options, tell, runner=run_policy)
    return 0
