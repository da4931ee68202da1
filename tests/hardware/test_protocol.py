import contextlib
import math
from dataclasses import replace
from typing import Any, get_args

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware import protocol
from hardware.errors import ProtocolError
from hardware.messages import (
    VERSION,
    Command,
    Depth,
    FieldOfView,
    Frame,
    Hello,
    Jpeg,
    Message,
    Png,
    Reply,
    Request,
    Telemetry,
    Unit,
)

numbers = st.floats(allow_nan=False, allow_infinity=False)
counts = st.integers(0, 2**63 - 1)
texts = st.text(max_size=40)
FIELDS: dict[Any, st.SearchStrategy[Any]] = {
    int: counts,
    float: numbers,
    str: texts,
    bool: st.booleans(),
    bytes: st.binary(max_size=protocol.MAX_DATA),
    Jpeg: st.binary(max_size=2 * protocol.MAX_BYTES),
    Png: st.binary(max_size=2 * protocol.MAX_BYTES),
    Unit: st.floats(1e-6, 0.01),
    FieldOfView: st.floats(1.0, 179.0),
    tuple[float, ...]: st.lists(numbers, max_size=8).map(tuple),
    tuple[str, ...]: st.lists(texts, max_size=4).map(tuple),
    dict[str, int]: st.dictionaries(texts, counts, max_size=5),
    dict[str, float]: st.dictionaries(texts, numbers, max_size=5),
}


def a_message() -> st.SearchStrategy[Message]:
    def built(cls: type[Any]) -> st.SearchStrategy[Any]:
        annotations = {name: FIELDS[kind] for name, kind in cls.__annotations__.items()}
        if "version" in annotations:
            annotations["version"] = st.just(VERSION)
        return st.builds(cls, **annotations)

    return st.one_of([built(cls) for cls in get_args(Message)])


def decode(message: Message, payload: bytes) -> Message:
    if isinstance(message, get_args(Request)):
        return protocol.decode_request(payload)
    if isinstance(message, get_args(Reply)):
        return protocol.decode_reply(payload)
    if isinstance(message, Frame | Depth):
        return protocol.decode_frame(payload)
    return protocol.decode_telemetry(payload)


DECODERS = (
    protocol.decode_request,
    protocol.decode_reply,
    protocol.decode_telemetry,
    protocol.decode_frame,
)
COMMAND = Command(3, "lease", 12.5, (0.1, 0.2, 0.3, 0.4, 0.5), 0.03)


def packed(**changes: Any) -> bytes:
    data = msgpack.unpackb(protocol.encode(COMMAND)) | changes
    kept = {name: value for name, value in data.items() if value is not ...}
    payload: bytes = msgpack.packb(kept)
    return payload


@given(a_message())
def test_every_message_survives_the_wire(message: Message) -> None:
    assert decode(message, protocol.encode(message)) == message


@given(st.binary(max_size=200))
def test_random_bytes_raise_only_protocol_errors(payload: bytes) -> None:
    for decoder in DECODERS:
        with pytest.raises(ProtocolError):
            decoder(payload)


msgpackable = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | texts
    | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)


@given(st.sampled_from(list(Command.__annotations__)), msgpackable)
def test_a_field_of_any_value_decodes_to_its_type_or_is_refused(name: str, value: Any) -> None:
    try:
        command = protocol.decode_request(packed(**{name: value}))
    except ProtocolError as error:
        assert name in str(error)
    else:
        assert isinstance(command, Command)
        assert all(type(position) is float for position in command.positions)
        assert math.isfinite(command.gripper) and math.isfinite(command.expires)


@given(st.binary(max_size=8), st.integers(0, 120))
def test_mutated_commands_raise_only_protocol_errors(noise: bytes, at: int) -> None:
    payload = packed()
    mutated = payload[:at] + noise + payload[at + len(noise) :]
    with contextlib.suppress(ProtocolError):
        protocol.decode_request(mutated)


@pytest.mark.parametrize(
    ("payload", "named"),
    [
        (packed(gripper=math.nan), "command.gripper"),
        (packed(positions=[0.0, math.inf]), r"command.positions\[1\]"),
        (packed(positions=[0.0, True]), r"command.positions\[1\]"),
        (packed(positions=[0.0] * 65), "command.positions"),
        (packed(positions="straight up"), "command.positions"),
        (packed(sequence=-1), "command.sequence"),
        (packed(sequence=True), "command.sequence"),
        (packed(sequence=2.0), "command.sequence"),
        (packed(lease="x" * 301), "command.lease"),
        (packed(lease=b"bytes"), "command.lease"),
        (packed(expires=...), "command.expires: missing"),
        (packed(speed=1.0), "command.'speed': unknown"),
        (packed(kind="telemetry"), "kind: expected one of hello, command"),
        (packed(kind=["command"]), "kind"),
        (packed(kind=...), "kind"),
        (packed(lease="x" * 5000), "payload: .* at most 4096"),
        (packed() + b"\x00", "payload: not msgpack"),
        (packed()[:-1], "payload: not msgpack"),
        (msgpack.packb([1, 2]), "payload: expected a map"),
        (b"\x91" * 3000, "payload: not msgpack"),
        (b"cos\nsystem\n(S'true'\ntR.", "payload"),
        (b"", "payload: not msgpack"),
    ],
)
def test_a_bad_message_is_refused_by_the_name_of_its_field(payload: bytes, named: str) -> None:
    with pytest.raises(ProtocolError, match=named):
        protocol.decode_request(payload)


def test_another_protocol_version_is_told_before_its_fields_are_judged() -> None:
    hello = {"kind": "hello", "version": VERSION + 1, "sequence": 1, "colour": "blue"}
    with pytest.raises(ProtocolError, match="install the same twinarm on both machines"):
        protocol.decode_request(msgpack.packb(hello))


def test_nothing_that_would_be_refused_can_be_sent() -> None:
    with pytest.raises(ProtocolError, match=r"command.positions\[0\]"):
        protocol.encode(replace(COMMAND, positions=(math.nan,)))
    with pytest.raises(ProtocolError, match=r"hello\.client"):
        protocol.encode(Hello(VERSION, 1, "x" * 301, "dofbot", control=True))


def test_a_full_telemetry_message_fits() -> None:
    counters = {f"a_rather_long_counter_{index}": 2**62 for index in range(40)}
    full = (0.123456789,) * 12
    message = Telemetry(
        1.0, full, full, 0.1, full, 0.1, "following", "x", ("y",) * 8, "z", counters
    )
    assert protocol.decode_telemetry(protocol.encode(message)) == message
