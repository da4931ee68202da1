"""RTDE on the wire: the guide's own layout, whatever the values, however the stream is cut."""

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.emulation.ur.rtde_frames import FORMATS, Kind, Recipe, frame, take_frame

NUMBERS = st.floats(allow_nan=False, width=64)
RANGES: dict[str, Any] = {
    "BOOL": st.booleans(),
    "UINT8": st.integers(0, 2**8 - 1),
    "UINT32": st.integers(0, 2**32 - 1),
    "UINT64": st.integers(0, 2**64 - 1),
    "INT32": st.integers(-(2**31), 2**31 - 1),
    "DOUBLE": NUMBERS,
    "VECTOR3D": st.tuples(*[NUMBERS] * 3),
    "VECTOR6D": st.tuples(*[NUMBERS] * 6),
    "VECTOR6INT32": st.tuples(*[st.integers(-(2**31), 2**31 - 1)] * 6),
    "VECTOR6UINT32": st.tuples(*[st.integers(0, 2**32 - 1)] * 6),
}


def test_messages_are_the_bytes_of_the_guide() -> None:
    assert frame(Kind.PROTOCOL_VERSION, b"\x00\x02") == bytes.fromhex("00 05 56 00 02")
    assert frame(Kind.CONTROLLER_VERSION) == bytes.fromhex("00 03 76")
    assert frame(Kind.START) == bytes.fromhex("00 03 53")
    rate = frame(Kind.SETUP_OUTPUTS, struct.pack(">d", 125.0) + b"actual_q")
    assert rate == bytes.fromhex("00 13 4f 40 5f 40 00 00 00 00 00") + b"actual_q"
    recipe = Recipe(("input_int_register_0", "speed_scaling"), ("INT32", "DOUBLE"))
    packed = recipe.pack({"input_int_register_0": -2, "speed_scaling": 0.5})
    assert packed == bytes.fromhex("ff ff ff fe 3f e0 00 00 00 00 00 00")


@given(st.lists(st.sampled_from(sorted(FORMATS)), min_size=1, max_size=8), st.data())
def test_every_type_comes_back_as_it_was_packed(types: list[str], data: st.DataObject) -> None:
    names = tuple(f"v{i}" for i in range(len(types)))
    values = {name: data.draw(RANGES[kind]) for name, kind in zip(names, types, strict=True)}
    recipe = Recipe(names, tuple(types))
    assert recipe.unpack(recipe.pack(values)) == values


@given(
    st.lists(st.tuples(st.sampled_from(Kind), st.binary(max_size=40)), max_size=6), st.integers(1)
)
def test_a_stream_cut_anywhere_yields_the_messages_in_it(
    messages: list[tuple[Kind, bytes]], size: int
) -> None:
    stream = b"".join(frame(*message) for message in messages)
    buffer, found = bytearray(), []
    for start in range(0, len(stream), size):
        buffer += stream[start : start + size]
        while (message := take_frame(buffer)) is not None:
            found.append(message)
    assert found == messages and not buffer


@pytest.mark.parametrize("stream", [b"\x00\x02V", b"\x00\x00\x00", b"\x00\x03?"])
def test_what_is_no_message_is_refused_rather_than_skipped(stream: bytes) -> None:
    with pytest.raises(ValueError, match=r"RTDE|Kind"):
        take_frame(bytearray(stream))


def test_data_that_does_not_fit_its_recipe_is_refused() -> None:
    recipe = Recipe(("q",), ("VECTOR6D",))
    with pytest.raises(ValueError, match="40 bytes for q"):
        recipe.unpack(b"\x00" * 40)
    with pytest.raises(ValueError, match="at most 65535"):
        frame(Kind.TEXT, b"x" * 65533)
