"""Messages to bytes and back: a msgpack map whose fields are exactly those of the dataclass.

msgpack because every language reads it and, unlike pickle, it can only carry data.

    {"kind": "command", "sequence": 7, "lease": "9f…", "expires": 81.2, "positions": […], …}
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, TypeVar, get_args, get_type_hints

import msgpack

from hardware import messages
from hardware.errors import ProtocolError
from hardware.messages import (
    FieldOfView,
    Jpeg,
    Message,
    Png,
    Reply,
    Request,
    Shot,
    Telemetry,
    Unit,
)

MAX_BYTES = 4096
"""Longest message but for pictures."""
MAX_PICTURE = 512 * 1024
"""Longest JPEG or PNG file."""
MAX_FRAME_BYTES = MAX_PICTURE + 256
"""Longest message with a picture."""
MAX_DATA = 3072
"""Most bytes of a file in one message."""
_MAX_TEXT = 300
_MAX_ITEMS = 64
_MAX_INT = 2**63 - 1

_Check = Callable[[Any, str], Any]
_Class = TypeVar("_Class")


def encode(message: Message) -> bytes:
    """Return ``message`` as bytes. Raises ProtocolError naming a field that may not be sent."""
    kind = type(message).__name__.lower()
    data: dict[str, Any] = {"kind": kind}
    for name, check in _SCHEMAS[kind].items():
        data[name] = check(getattr(message, name), f"{kind}.{name}")
    payload: bytes = msgpack.packb(data)
    most = MAX_FRAME_BYTES if kind in _SHOTS else MAX_BYTES
    if len(payload) > most:
        raise ProtocolError(f"{kind}: {len(payload)} bytes, at most {most} can be sent")
    return payload


def decode_request(payload: bytes) -> Request:
    """Return the client's message in ``payload``. Raises ProtocolError, and nothing else."""
    return _decode(payload, _REQUESTS)


def decode_reply(payload: bytes) -> Reply:
    """Return the server's answer in ``payload``. Raises ProtocolError, and nothing else."""
    return _decode(payload, _REPLIES)


def decode_telemetry(payload: bytes) -> Telemetry:
    """Return the telemetry in ``payload``. Raises ProtocolError, and nothing else."""
    return _decode(payload, {"telemetry": Telemetry})


def decode_frame(payload: bytes) -> Shot:
    """Return the picture in ``payload``. Raises ProtocolError, and nothing else.

    Whether its JPEG or PNG can be decoded is left to whoever has a camera library.
    """
    return _decode(payload, _SHOTS, MAX_FRAME_BYTES)


def _decode(payload: bytes, classes: Mapping[str, type[_Class]], most: int = MAX_BYTES) -> _Class:
    data = _unpack(payload, most)
    kind = data.pop("kind", None)
    if not isinstance(kind, str) or kind not in classes:
        raise ProtocolError(f"kind: expected one of {', '.join(classes)}, got {_shown(kind)}")
    schema = _SCHEMAS[kind]
    if "version" in schema and data.get("version") != messages.VERSION:
        raise ProtocolError(
            f"{kind}.version: {_shown(data.get('version'))}, this end speaks {messages.VERSION}; "
            "install the same twinarm on both machines"
        )
    _check_names(kind, data, schema)
    return classes[kind](**{name: schema[name](data[name], f"{kind}.{name}") for name in schema})


def _unpack(payload: bytes, most: int) -> dict[str, Any]:
    if len(payload) > most:
        raise ProtocolError(f"payload: {len(payload)} bytes, at most {most} are read")
    try:
        data = msgpack.unpackb(payload, strict_map_key=True)
    except (ValueError, TypeError, OverflowError, msgpack.UnpackException) as error:
        raise ProtocolError(f"payload: not msgpack ({_shown(str(error))})") from error
    if not isinstance(data, dict) or not all(isinstance(name, str) for name in data):
        raise ProtocolError(f"payload: expected a map with names, got {_shown(data)}")
    return data


def _check_names(kind: str, data: dict[str, Any], schema: dict[str, _Check]) -> None:
    for name in schema:
        if name not in data:
            raise ProtocolError(f"{kind}.{name}: missing")
    for name in data:
        if name not in schema:
            raise ProtocolError(f"{kind}.{_shown(name)}: unknown field")


def _integer(value: Any, where: str) -> int:
    if type(value) is not int or not 0 <= value <= _MAX_INT:
        raise ProtocolError(f"{where}: expected an integer from 0, got {_shown(value)}")
    return value


def _number(value: Any, where: str) -> float:
    if type(value) not in (float, int) or not math.isfinite(value):
        raise ProtocolError(f"{where}: expected a finite number, got {_shown(value)}")
    return float(value)


def _number_within(low: float, high: float) -> _Check:
    def checked(value: Any, where: str) -> float:
        number = _number(value, where)
        if not low <= number <= high:
            raise ProtocolError(f"{where}: {number:g} is not within {low:g} to {high:g}")
        return number

    return checked


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or len(value) > _MAX_TEXT:
        raise ProtocolError(f"{where}: expected at most {_MAX_TEXT} characters, {_shown(value)}")
    return value


def _flag(value: Any, where: str) -> bool:
    if type(value) is not bool:
        raise ProtocolError(f"{where}: expected true or false, got {_shown(value)}")
    return value


def _tuple_of(check: _Check) -> _Check:
    def checked(value: Any, where: str) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple) or len(value) > _MAX_ITEMS:
            raise ProtocolError(
                f"{where}: expected a list of at most {_MAX_ITEMS}, got {_shown(value)}"
            )
        return tuple(check(item, f"{where}[{index}]") for index, item in enumerate(value))

    return checked


def _bytes_up_to(most: int) -> _Check:
    def checked(value: Any, where: str) -> bytes:
        if type(value) is not bytes or len(value) > most:
            raise ProtocolError(f"{where}: expected at most {most} bytes, got {_shown(value)}")
        return value

    return checked


def _map_of(check: _Check) -> _Check:
    def checked(value: Any, where: str) -> dict[str, Any]:
        if not isinstance(value, dict) or len(value) > _MAX_ITEMS:
            raise ProtocolError(
                f"{where}: expected a map of at most {_MAX_ITEMS}, got {_shown(value)}"
            )
        return {_text(name, where): check(item, f"{where}.{name}") for name, item in value.items()}

    return checked


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


_CHECKS: dict[Any, _Check] = {
    int: _integer,
    float: _number,
    str: _text,
    bool: _flag,
    bytes: _bytes_up_to(MAX_DATA),
    Jpeg: _bytes_up_to(MAX_PICTURE),
    Png: _bytes_up_to(MAX_PICTURE),
    Unit: _number_within(1e-6, 0.01),
    FieldOfView: _number_within(1.0, 179.0),
    tuple[float, ...]: _tuple_of(_number),
    tuple[str, ...]: _tuple_of(_text),
    dict[str, int]: _map_of(_integer),
    dict[str, float]: _map_of(_number),
}


def _by_kind(union: Any) -> dict[str, type[Any]]:
    return {cls.__name__.lower(): cls for cls in get_args(union)}


def _schema(cls: type[Any]) -> dict[str, _Check]:
    hints = get_type_hints(cls)
    return {field.name: _CHECKS[hints[field.name]] for field in fields(cls)}


_REQUESTS: dict[str, type[Request]] = _by_kind(Request)
_REPLIES: dict[str, type[Reply]] = _by_kind(Reply)
_SHOTS: dict[str, type[Shot]] = _by_kind(Shot)
_SCHEMAS = {kind: _schema(cls) for kind, cls in _by_kind(Message).items()}
