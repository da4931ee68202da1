"""Thousands of bad messages, with valid keys: nothing may crash and nothing may move."""

import random
from collections.abc import Callable

import numpy as np
import pytest
from rig import MODEL, RawClient, RunningServer, away_from_home, eventually, forward

from benchmarks.hostile import REQUESTS, hostile_message
from hardware import protocol
from hardware.counters import Counters
from hardware.desk import RequestDesk, Terms
from hardware.keys import KeyStore
from hardware.lease import LeaseDesk
from hardware.messages import VERSION, Hello, Refused, Welcome
from hardware.motion import Mode, Motion
from hardware.remote_arm import RemoteArm
from robot.command import ArmState

Serve = Callable[..., RunningServer]


def test_hostile_messages_never_break_the_desk_or_move_the_arm() -> None:
    rng = random.Random(0)
    counters, motion = Counters(), Motion(MODEL.rest)
    state = ArmState(MODEL.home, np.zeros(MODEL.n), 0.03, 0.0)
    desk = RequestDesk(
        MODEL,
        motion,
        LeaseDesk(lambda connection: True),
        counters,
        measured=lambda: state,
        terms=Terms(1, 0.3),
    )
    holder = protocol.decode_reply(
        desk.answer(b"holder", protocol.encode(Hello(VERSION, 1, "holder", "", control=True)))
    )
    assert isinstance(holder, Welcome)
    count, stops = 20_000, 0
    for _ in range(count):
        reply = protocol.decode_reply(desk.answer(b"fuzz", hostile_message(rng, REQUESTS)))
        assert isinstance(reply, Refused | Welcome) or reply.sequence >= 0
        if motion.order.emergency:  # anyone's right; latched, it would hide all that follows
            stops += 1
            motion.rearm("fuzzed stop")
        assert motion.order.mode is Mode.HOLDING
    assert 0 < stops < 0.01 * count
    refused = sum(n for name, n in counters.snapshot().items() if name.startswith("refused_"))
    assert refused > 0.7 * count
    assert "accepted" not in counters.snapshot() and "clamped" not in counters.snapshot()


@pytest.mark.parametrize("keyed", [True, False])
def test_hostile_messages_never_break_the_server_or_move_the_arm(
    serve: Serve, store: KeyStore, keyed: bool
) -> None:
    rng = random.Random(1)
    keys = store if keyed else None
    server = serve(keys=keys)
    with RemoteArm(server.url, keys=keys) as arm, RawClient(server.url, keys) as fuzz:
        for sent in range(2000):
            if sent % 50 == 0:
                arm.rearm()  # a stop is anyone's right; latched, it would hide all that follows
            fuzz.socket.send(hostile_message(rng, REQUESTS))
            while fuzz.socket.poll(0):
                protocol.decode_reply(fuzz.socket.recv())
        last = Hello(VERSION, 10**6, "fuzz", "", control=False)
        while fuzz.ask(last).sequence != last.sequence:
            pass
        assert eventually(lambda: sum(arm.telemetry().counters.values()) > 1400)
        assert away_from_home(server.driver) < 1e-3
        arm.rearm()
        arm.command(forward())
        assert eventually(lambda: away_from_home(server.driver) > 0.005)
