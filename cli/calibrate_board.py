"""Write the board that cameras are calibrated with, to be printed in true size."""

import json
from dataclasses import dataclass
from pathlib import Path

from cli.folders import new_folder
from robot.errors import RobotError


@dataclass(frozen=True)
class PrintedBoard:
    """A ChArUco board to print, as PDF and PNG in true size with rulers to check the print."""

    board: str = "a4"
    """Which one: a4, letter, or a FILE.json like the one that is written beside it."""
    paper: str | None = None
    """Paper to lay it out on: a4, letter or a3; that of the board's name if not given."""
    out: Path = Path()
    """Folder to write into."""


def calibrate_board(options: PrintedBoard) -> int:
    """Write the files and say how to check the print. Raises RobotError."""
    from perception.board import named_board
    from perception.board_print import pdf_bytes, png_bytes
    from perception.board_sheet import PAPERS, RULER, board_sheet

    board = named_board(options.board)
    name = Path(options.board).stem
    paper = options.paper or (name if name in PAPERS else "a4")
    sheet = board_sheet(board, name, paper)
    folder = new_folder(options.out, "board")
    stem = folder / f"board-{name.removeprefix('board-')}"
    pdf, png, data = (stem.with_suffix(suffix) for suffix in (".pdf", ".png", ".json"))
    _write(pdf, pdf_bytes(sheet))
    _write(png, png_bytes(sheet))
    _write(data, (json.dumps(board.to_json(), indent=1) + "\n").encode())
    square = board.square * 1e3
    print(f"{board}; on {paper}, {sheet.width:g} x {sheet.height:g} mm")
    print(f"wrote {pdf}, {png} (10 pixels a mm) and {data} (its geometry)")
    print('print the PDF at 100 % ("actual size"), and fix it onto something flat')
    print(f"then measure its rulers: if their {RULER} mm are, say, {0.97 * RULER:g} mm, give")
    print(f"--square-mm {0.97 * square:g} to whatever asks for the board: no picture shows that")
    print(f"next: twinarm calibrate camera --camera 0 --board {options.board}")
    return 0


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise RobotError(
            f"{path}: cannot be written: {error.strerror}; choose another folder with --out"
        ) from error
