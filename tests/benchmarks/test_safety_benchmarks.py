"""The benchmarks of safety, in small: a fault that they overlooked would make these fail."""

import random
from pathlib import Path

import pytest

from benchmarks import fuzz, soak, stop
from benchmarks.served_board import served_board
from hardware.keys import KeyStore
from hardware.pairing import pair_local
from hardware.servos.bus import BusError

pytestmark = [pytest.mark.slow, pytest.mark.real_time]


def test_stop_finds_every_hold_soon_after_its_cause() -> None:
    figures = stop.run(repeats=2)
    assert figures["breaches"] == 0
    for cause, most in (("estop", 50.0), ("killed", 350.0), ("cut", 350.0)):
        assert figures[f"{cause}_missed"] == 0
        assert 0.0 < figures[f"{cause}_worst_ms"] < most  # type: ignore[operator]


def test_soak_spoils_answers_and_sees_no_unsafe_write() -> None:
    figures = soak.run(seconds=5.0)
    assert figures["faults"] > 5  # type: ignore[operator]
    assert figures["commands"] > 200  # type: ignore[operator]
    assert figures["unsafe_writes"] == figures["crashes"] == 0


def test_fuzz_reaches_every_decoder_and_the_server() -> None:
    figures = fuzz.run(frames=500)
    assert figures["decoders"] == 10
    assert figures["answered"] == 500
    assert figures["crashes"] == 0
    assert figures["moved_deg"] == 0.0


def test_fuzz_counts_a_decoder_that_breaks() -> None:
    def broken(payload: bytes) -> object:
        raise IndexError(payload)

    assert fuzz.crashes(broken, lambda rng: rng.randbytes(8), 20, random.Random(0)) == 20


def test_a_served_board_is_driven_by_its_server_alone(tmp_path: Path) -> None:
    keys = KeyStore(tmp_path)
    pair_local(keys)
    with served_board(keys) as served, pytest.raises(BusError, match=r"in use by .*stop it first"):
        served.board.bus().open()
