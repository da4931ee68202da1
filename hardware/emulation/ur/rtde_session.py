"""One client at the RTDE port: the recipes it set up, and what it is answered."""

import struct
from collections.abc import Callable

from hardware.emulation.ur.controller import Controller
from hardware.emulation.ur.rtde_frames import Kind, Recipe, frame, take_frame
from hardware.emulation.ur.rtde_variables import INPUTS, OUTPUTS

_VERSIONS = (1, 2)
_NOT_FOUND, _IN_USE = "NOT_FOUND", "IN_USE"


class RtdeSession:
    """Answers one connection. ``owners``: which session writes an input, shared by all of them."""

    def __init__(self, controller: Controller, owners: dict[str, "RtdeSession"]) -> None:
        """Wait for requests; ``feed`` takes them."""
        self._controller, self._owners = controller, owners
        self._buffer = bytearray()
        self._inputs: dict[int, Recipe] = {}
        self._output: Recipe | None = None
        self._every = 1
        self._cycle = 0
        self.started = False
        """Whether data is to be sent each cycle."""

    def feed(self, data: bytes) -> bytes:
        """Return the answers to ``data``. Raises ValueError for what is not RTDE."""
        self._buffer += data
        answers = bytearray()
        while (message := take_frame(self._buffer)) is not None:
            answers += self._answer(*message)
        return bytes(answers)

    def data(self) -> bytes:
        """Return what is to be sent this cycle, nothing before the start or between two turns."""
        self._cycle += 1
        if not self.started or self._output is None or self._cycle % self._every:
            return b""
        return frame(Kind.DATA, b"\x01" + self._output.pack(self._controller.outputs))

    def close(self) -> None:
        """Let others write what this one wrote."""
        for name in [name for name, owner in self._owners.items() if owner is self]:
            del self._owners[name]

    def _answer(self, kind: Kind, payload: bytes) -> bytes:
        if kind is Kind.DATA:
            self._take(payload)
            return b""
        answers: dict[Kind, Callable[[bytes], bytes]] = {
            Kind.PROTOCOL_VERSION: self._protocol_version,
            Kind.CONTROLLER_VERSION: lambda _: struct.pack(">4I", *self._controller.version),
            Kind.SETUP_OUTPUTS: self._set_up_outputs,
            Kind.SETUP_INPUTS: self._set_up_inputs,
            Kind.START: lambda _: self._start(True),
            Kind.PAUSE: lambda _: self._start(False),
        }
        if kind not in answers:
            raise ValueError(f"a client does not send {kind.name}")
        return frame(kind, answers[kind](payload))

    def _protocol_version(self, payload: bytes) -> bytes:
        return bytes([int.from_bytes(payload, "big") in _VERSIONS])

    def _set_up_outputs(self, payload: bytes) -> bytes:
        frequency, names = struct.unpack(">d", payload[:8])[0], _names(payload[8:])
        types = [OUTPUTS.get(name, _NOT_FOUND) for name in names]
        if _NOT_FOUND not in types:
            self._output = Recipe(names, tuple(types))
            self._every = max(1, round(self._controller.rate_hz / frequency))
        return b"\x01" + ",".join(types).encode()

    def _set_up_inputs(self, payload: bytes) -> bytes:
        names = _names(payload)
        types = [self._input_type(name) for name in names]
        if _NOT_FOUND in types or _IN_USE in types:
            return b"\x00" + ",".join(types).encode()
        number = len(self._inputs) + 1
        self._inputs[number] = Recipe(names, tuple(types))
        self._owners.update(dict.fromkeys(names, self))
        return bytes([number]) + ",".join(types).encode()

    def _input_type(self, name: str) -> str:
        if name not in INPUTS:
            return _NOT_FOUND
        return INPUTS[name] if self._owners.get(name, self) is self else _IN_USE

    def _start(self, started: bool) -> bytes:
        self.started = started and self._output is not None
        return bytes([self.started is started])

    def _take(self, payload: bytes) -> None:
        recipe = self._inputs.get(payload[0] if payload else 0)
        if recipe is None:
            raise ValueError("data of a recipe that was not set up")
        self._controller.write(recipe.unpack(payload[1:]))


def _names(listed: bytes) -> tuple[str, ...]:
    return tuple(name for name in listed.decode("ascii").split(",") if name)
