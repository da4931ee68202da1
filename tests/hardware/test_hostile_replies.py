"""Whatever comes back, a bus reads a possible position or raises a BusError."""

import random
from contextlib import suppress
from dataclasses import replace

import pytest
from scripted_peer import ScriptedPeer

from hardware.servos.boards import BOARDS
from hardware.servos.bus import BusError, ServoBus
from hardware.servos.open_bus import open_bus

OPENING = {
    "se": "FF FB 06 0A 07 D0 31 18",
    "ds": "FF F5 01 02 00 FC",
    "feetech": "FF FF 01 03 00 01 FA",
    "lx16a": "55 55 01 04 1A 1E C2",
}
POSITION = {
    "se": "FF FB 06 0A 07 D0 31 18",
    "ds": "FF F5 01 04 00 07 FF F4",
    "feetech": "FF FF 01 04 00 00 08 F2",
    "lx16a": "55 55 01 05 1C F4 01 E8",
}


def spoiled(reply: bytes, dice: random.Random) -> bytes:
    """Return ``reply`` with a few bytes changed, cut, doubled or made up."""
    data = bytearray(reply)
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(data) + 1)
        data[at : at + dice.randint(0, 2)] = dice.randbytes(dice.randint(0, 2))
    return bytes(data) * dice.randint(1, 2)


def read_at_last(bus: ServoBus) -> int:
    """Read with the patience that a busy machine needs."""
    for _ in range(50):
        with suppress(BusError):
            return bus.read(1)
    return bus.read(1)


@pytest.mark.parametrize("name", POSITION)
def test_a_hostile_reply_is_a_bus_error_at_worst(name: str) -> None:
    board = replace(BOARDS[name], reply_s=0.003)
    dice = random.Random(7)
    with ScriptedPeer(lambda _: [bytes.fromhex(OPENING[name])]) as peer:
        bus = open_bus(board, peer.device)
        bus.open()
        peer.script = lambda _: [spoiled(bytes.fromhex(POSITION[name]), dice)]
        for _ in range(60):
            with suppress(BusError):
                assert board.lowest <= bus.read(1) <= board.highest
            for ask in (bus.voltage, lambda: bus.ping(1)):
                with suppress(BusError):
                    ask()
        peer.script = lambda _: [bytes.fromhex(POSITION[name])]
        assert read_at_last(bus) in (2000, 2047, 2048, 500)
        bus.close()
