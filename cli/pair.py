"""Exchange keys so that one workstation may move one arm, and nobody else may."""

import socket
from dataclasses import dataclass
from pathlib import Path

from hardware.keys import KeyStore
from hardware.pairing import accept_offer, authorize, offer, pair_local
from robot.errors import RobotError

EXAMPLES = """
  twinarm pair --local                          server and client on this one machine
  twinarm pair                                  1. on the Pi: prints the server's token
  twinarm pair --token TOKEN --url tcp://pi:5555   2. here: prints this machine's token
  twinarm pair --authorize TOKEN                3. on the Pi: lets this machine in
"""


@dataclass(frozen=True)
class Options:
    """One of the three steps, or --local; none of them is step 1."""

    local: bool = False
    """Pair the server and the client of this machine at once."""
    token: str | None = None
    """The server's token, as step 1 printed it."""
    url: str | None = None
    """Address of that server."""
    authorize: str | None = None
    """The client's token, as step 2 printed it."""
    name: str = socket.gethostname()
    """What the server shall call the client that is authorized."""
    keys: Path | None = None
    """Folder of keys; $TWINARM_KEYS or ~/.config/twinarm/keys if not given."""


def run(options: Options) -> int:
    """Do the step and print what to carry to the other machine."""
    if sum((options.local, options.token is not None, options.authorize is not None)) > 1:
        raise RobotError("--local, --token and --authorize: one step at a time")
    if (options.token is None) != (options.url is None):
        raise RobotError("the server's token needs its address: --token TOKEN --url tcp://pi:5555")
    store = KeyStore(options.keys)
    if options.local:
        pair_local(store)
        print(f"paired: `twinarm serve` and its clients on this machine share {store.folder}")
    elif options.authorize is not None:
        token = authorize(store, options.authorize, options.name)
        print(f"authorized {options.name!r}, key {token.fingerprint}")
    elif options.token is not None and options.url is not None:
        token = accept_offer(store, options.token, options.url)
        print(f"trusting {options.url}. Now on the arm's machine:\n")
        print(f"  twinarm pair --authorize {token.text}\n\n(key {token.fingerprint})")
    else:
        token = offer(store)
        print("Now on the workstation, with this machine's address:\n")
        print(f"  twinarm pair --token {token.text} --url tcp://{socket.gethostname()}:5555\n")
        print(f"(key {token.fingerprint})")
    return 0
