"""What DS and Feetech servos on a bare bus share: requests and their replies."""

from collections.abc import Mapping

from hardware.servos import checks, ff_frames
from hardware.servos.boards import Board
from hardware.servos.frame_stream import FrameShape
from hardware.servos.serial_bus import SerialBus


class FfBus(SerialBus):
    """Asks one servo, writes to all at once.

    replies: the frames that these servos answer in.
    faults: words for their status bits.
    """

    def __init__(
        self,
        board: Board,
        device: str,
        servos: int,
        replies: FrameShape,
        faults: Mapping[int, str],
    ) -> None:
        super().__init__(board, device, servos)
        self._replies = replies
        self._faults = faults

    def _ask(self, request: ff_frames.Request, count: int) -> ff_frames.Reply:
        """Return the reply of ``count`` parameters, or the fault that came instead of them."""
        servo, size = request.servo, count + self._replies.shortest

        def belongs(frame: bytes) -> bool:
            reply = ff_frames.Reply.decode(frame)
            return reply.servo == servo and (len(frame) == size or reply.status != 0)

        frame = self._line.ask(servo, request.encode(), self._replies, size, belongs)
        return ff_frames.Reply.decode(frame)

    def _well(self, reply: ff_frames.Reply) -> bytes:
        """Return the parameters of a servo without a fault. Raises ServoFaultError."""
        checks.well(reply.servo, reply.status, self._faults)
        return reply.params

    def _write_all(self, address: int, data: bytes) -> None:
        self._line.send(ff_frames.write(ff_frames.BROADCAST, address, data).encode())
