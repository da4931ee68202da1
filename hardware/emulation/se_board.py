"""The emulated DOFBOT-SE serial board."""

from hardware.emulation.chain import EmulatedChain
from hardware.emulation.dofbot_commands import DofbotCommands
from hardware.emulation.serial_board import SerialBoard
from hardware.emulation.spoil import ReplyLayout
from hardware.servos import i2c_registers as registers
from hardware.servos import se_frames
from hardware.servos.se_frames import VERSION_TYPE, Reply, Request

_FIRMWARE = 5


class SeBoard(SerialBoard):
    """Answers for all servos, so a servo that is missing measures 0."""

    requests = se_frames.REQUESTS
    replies = ReplyLayout(se_frames.REPLIES, servo_at=6, position_at=4)
    delay_s = 0.005  # it asks the servo first

    def __init__(self, chain: EmulatedChain) -> None:
        """Speak for the servos of ``chain``."""
        super().__init__(chain)
        self._commands = DofbotCommands(chain)

    def _answer(self, frame: bytes) -> bytes:
        request = Request.decode(frame)
        servo = request.command - registers.POSITION
        if request.command == registers.VERSION:
            return Reply(VERSION_TYPE, bytes((_FIRMWARE,))).encode()
        if servo in range(1, registers.SIX + 1):
            return se_frames.position_reply(servo, self._commands.position(servo)).encode()
        self._commands.write(request.command, request.data)
        return b""
