"""A serial line to servos: bytes out, one reply frame back."""

import os
import select
import termios
import time
from collections import deque
from collections.abc import Callable, Iterator

import serial

from hardware.servos.bus import BusError, GarbledReplyError, PortError, ServoSilentError
from hardware.servos.frame_stream import FrameShape, FrameStream
from hardware.servos.serial_port import close_port, open_port

BITS = 10
"""Bits on the wire for a byte: start, eight, stop."""

LONGEST_NOISE = 256
"""Bytes kept to tell what was heard."""


class SerialLine:
    """One port. Times: ``reply_s`` [s] counts from when the last byte sent has left the wire."""

    def __init__(self, device: str, baud: int, reply_s: float) -> None:
        self.device = device
        self._baud = baud
        self._reply_s = reply_s
        self._port: serial.Serial | None = None
        self._poll = select.poll()
        self._wire_free = 0.0
        self._own: deque[bytes] = deque(maxlen=8)

    def open(self) -> None:
        """Take the port, alone. Raises PortError saying why not and what to do."""
        if self._port is not None:
            raise PortError(f"{self.device} is open in this program already")
        port = open_port(self.device, self._baud)
        self._poll.register(port.fd, select.POLLIN)
        self._port = port

    def close(self) -> None:
        """Let go of the port. Safe to call twice."""
        port, self._port = self._port, None
        if port is None:
            return
        self._poll.unregister(port.fd)
        close_port(port)

    def set_baud(self, baud: int) -> None:
        """Change the pace of the port [bit/s] while it is open."""
        self._opened().baudrate = baud

    def send(self, data: bytes) -> None:
        """Put ``data`` on the wire. Raises BusError if the port takes no bytes."""
        port = self._opened()
        try:
            taken = os.write(port.fd, data)
        except BlockingIOError:
            taken = 0
        except OSError as error:
            raise self._lost() from error
        if taken < len(data):
            raise BusError(f"{self.device} takes no more bytes: unplug it and plug it in again")
        self._own.append(data)
        self._wire_free = max(time.monotonic(), self._wire_free) + self._seconds(len(data))

    def ask(
        self,
        servo: int,
        request: bytes,
        replies: FrameShape,
        size: int,
        belongs: Callable[[bytes], bool],
    ) -> bytes:
        """Return the first frame after ``request`` that ``belongs`` to it, of ``size`` bytes or so.

        What was in before, the echo of own bytes, and frames that do not belong are passed over.
        Raises ServoSilentError if nothing else came, else GarbledReplyError.
        """
        self.forget()
        self.send(request)
        heard = bytearray()
        deadline = self._wire_free + self._reply_s + self._seconds(size)
        for frame in self._frames(replies, deadline, heard):
            if frame not in self._own and belongs(frame):
                return frame
        raise self._no_reply(servo, bytes(heard))

    def hear(self, request: bytes, size: int) -> bytes:
        """Return all that comes in the time of a reply of ``size`` bytes, its echo too."""
        self.forget()
        self.send(request)
        deadline = self._wire_free + self._reply_s + self._seconds(size)
        return b"".join(self._arriving(deadline))

    def forget(self) -> None:
        """Drop what came in and was not asked for: stale replies, noise of plugging in."""
        try:
            termios.tcflush(self._opened().fd, termios.TCIFLUSH)
        except termios.error as error:
            raise self._lost() from error

    def _frames(self, shape: FrameShape, deadline: float, heard: bytearray) -> Iterator[bytes]:
        """Yield frames as they come, until ``deadline``; the bytes themselves go to ``heard``."""
        stream = FrameStream(shape)
        for data in self._arriving(deadline):
            heard += data[: LONGEST_NOISE - len(heard)]
            yield from stream.feed(data)
        yield from stream.flush()

    def _arriving(self, deadline: float) -> Iterator[bytes]:
        """Yield what comes in as it comes, and last what is in once ``deadline`` has passed."""
        late = False
        while not late:
            late = time.monotonic() >= deadline
            yield self._receive(deadline)

    def _receive(self, deadline: float) -> bytes:
        """Return what is in as soon as anything is, or nothing at ``deadline``."""
        port = self._opened()
        wait = max(0.0, deadline - time.monotonic())
        if not self._poll.poll(wait * 1000):
            return b""
        try:
            data = os.read(port.fd, LONGEST_NOISE)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise self._lost() from error
        if not data:
            raise self._lost()
        return data

    def _no_reply(self, servo: int, heard: bytes) -> BusError:
        strange = heard
        for own in self._own:
            strange = strange.replace(own, b"")
        if strange:
            return GarbledReplyError(
                f"what came from {self.device} is no answer of servo {servo}:"
                f" {strange[:32].hex(' ')}: check cable and ground, and that no other program or"
                " board drives the line"
            )
        echo = " but the echo of the question" if heard else ""
        return ServoSilentError(
            f"servo {servo} gives no answer{echo} on {self.device}: check its plug, its number and"
            " its supply"
        )

    def _lost(self) -> PortError:
        return PortError(f"{self.device} is gone: plug the cable in again, then start anew")

    def _opened(self) -> serial.Serial:
        if self._port is None:
            raise PortError(f"{self.device} is not open")
        return self._port

    def _seconds(self, count: int) -> float:
        return count * BITS / float(self._opened().baudrate)
