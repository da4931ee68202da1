"""What every bus checks alike: what it is asked, what it reads, how the servo is."""

from collections.abc import Mapping

from hardware.servos.boards import Board
from hardware.servos.bus import GarbledReplyError, ServoFaultError


def milliseconds(board: Board, targets: Mapping[int, int], duration_s: float) -> int:
    """Return the time of an allowed move [ms]. Raises ValueError outside the board's range."""
    if not targets:
        raise ValueError("a move of no servo")
    if not 0 <= duration_s <= board.longest_move_s:
        raise ValueError(
            f"a move of the {board.title} takes 0 to {board.longest_move_s} s, not {duration_s}"
        )
    for servo, target in targets.items():
        if not board.lowest <= target <= board.highest:
            raise ValueError(
                f"servo {servo} of the {board.title} takes {board.lowest} to {board.highest}"
                f" counts, not {target}"
            )
    return round(duration_s * 1000)


def position(board: Board, servo: int, count: int) -> int:
    """Return ``count`` if a servo can stand there. Raises GarbledReplyError."""
    if not board.lowest <= count <= board.highest:
        raise GarbledReplyError(
            f"servo {servo} says that it stands at {count} counts, outside"
            f" {board.lowest} to {board.highest}: turn it back by hand, or check its cable"
        )
    return count


def well(servo: int, status: int, faults: Mapping[int, str]) -> None:
    """Raise ServoFaultError in plain words if any bit of ``status`` is set."""
    if not status:
        return
    said = [words for bit, words in faults.items() if status & bit] or ["in an unknown fault"]
    raise ServoFaultError(
        f"servo {servo} says: {' and '.join(said)} (status 0x{status:02X}): take the load off,"
        " let it cool, check the supply, then switch it off and on"
    )
