"""What boards and servos on a serial line have in common: frames in, maybe spoiled replies out."""

from abc import ABC, abstractmethod
from typing import ClassVar

from hardware.emulation.chain import EmulatedChain
from hardware.emulation.faults import Fault
from hardware.emulation.spoil import ReplyLayout, spoiled
from hardware.servos.frame_stream import FrameShape, FrameStream


class SerialBoard(ABC):
    """Bytes of the host in, bytes for the host out; knows no port.

    delay_s: between a request and its reply [s].
    """

    requests: ClassVar[FrameShape]
    replies: ClassVar[ReplyLayout]
    delay_s: ClassVar[float] = 0.0005

    def __init__(self, chain: EmulatedChain) -> None:
        """Speak for the servos of ``chain``."""
        self._chain = chain
        self._stream = FrameStream(self.requests)
        self._before = b""

    def feed(self, data: bytes) -> bytes:
        """Return what is heard on the line in answer to ``data``, any part of any frames."""
        if not self._chain.alive:
            return b""
        faults = self._chain.faults
        heard = data if Fault.ECHO in faults.on else b""
        for frame in self._stream.feed(data):
            reply = self._answer(frame)
            if reply:
                heard += self._spoiled(reply, frame)
                self._before = reply
        return heard

    def _spoiled(self, reply: bytes, request: bytes) -> bytes:
        faults = self._chain.faults
        drawn = faults.draw()
        if not drawn:
            return reply
        if Fault.ECHO in faults.on:
            drawn -= {Fault.ECHO}  # the whole line echoes already
        return spoiled(reply, request, self._before, drawn, self.replies, faults.absurd())

    @abstractmethod
    def _answer(self, frame: bytes) -> bytes:
        """Do what a whole frame of the host says; return the reply, empty if none is due."""
