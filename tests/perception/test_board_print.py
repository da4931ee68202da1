import re
import struct
import zlib

import cv2
import numpy as np
import pytest

from perception.board import BOARDS, Board
from perception.board_print import pdf_bytes, png_bytes
from perception.board_sheet import PAPERS, board_rectangles, board_sheet
from perception.errors import MarkerError
from robot.errors import UnknownNameError

MM = 72 / 25.4


def pdf_parts(pdf):
    """Return the page's size [mm] and its rectangles [n, 4] in mm from the upper left."""
    page = [float(x) for x in re.search(rb"/MediaBox\[0 0 ([\d.]+) ([\d.]+)\]", pdf).groups()]
    content = zlib.decompress(re.search(rb"stream\n(.*)\nendstream", pdf, re.DOTALL)[1]).decode()
    scale = [float(x) for x in content.splitlines()[0].split()[:-1]]
    assert scale == pytest.approx([MM, 0, 0, -MM, 0, page[1]], abs=1e-3)
    numbers = re.findall(r"^([-\d.]+) ([-\d.]+) ([-\d.]+) ([-\d.]+) re$", content, re.MULTILINE)
    return np.array(page) / MM, np.array(numbers, float)


def painted(rectangles, origin, board, per_square):
    """Return the rectangles inside the board as a picture of ``per_square`` pixels a square."""
    scale = per_square / (board.square * 1e3)
    picture = np.full((board.rows * per_square, board.columns * per_square), 255, np.uint8)
    moved = (rectangles - [*origin, 0, 0]) * scale
    inside = (moved[:, 0] > -1) & (moved[:, 1] > -1) & (moved[:, 1] < len(picture) - 1)
    for x, y, w, h in moved[inside]:
        picture[round(y) : round(y + h), round(x) : round(x + w)] = 0
    return picture


@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_the_pdf_is_the_board_of_opencv_in_true_size_on_its_paper(paper):
    board = BOARDS[paper]
    sheet = board_sheet(board, paper, paper)
    page, rectangles = pdf_parts(pdf_bytes(sheet))
    assert page == pytest.approx(PAPERS[paper], abs=0.01)
    np.testing.assert_allclose(rectangles, sheet.black, atol=1e-3)
    drawn = painted(rectangles, sheet.origin, board, 100)
    np.testing.assert_array_equal(drawn, board.texture(100))


def test_a_board_of_other_markers_is_drawn_as_opencv_has_it():
    board = Board("DICT_4X4_50", 5, 7, 0.03, 0.024)
    drawn = painted(board_rectangles(board) * 1e3, (0.0, 0.0), board, 60)
    np.testing.assert_array_equal(drawn, board.texture(60))


def test_the_pdf_is_whole_and_asks_to_be_printed_unscaled():
    pdf = pdf_bytes(board_sheet(BOARDS["a4"], "a4", "a4"))
    assert b"/PrintScaling/None" in pdf
    start = int(re.search(rb"startxref\n(\d+)", pdf)[1])
    assert pdf[start : start + 4] == b"xref"
    for number, offset in enumerate(re.findall(rb"^(\d{10}) 00000 n", pdf, re.MULTILINE), 1):
        assert pdf[int(offset) :].startswith(b"%d 0 obj" % number)


@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_the_png_is_in_true_size_and_seen_where_it_should_be(paper):
    board = BOARDS[paper]
    sheet = board_sheet(board, paper, paper)
    png = png_bytes(sheet)
    per_metre = struct.unpack(">II", png[png.index(b"pHYs") + 4 :][:8])
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    size_mm = np.array(picture.shape[::-1]) / per_metre * 1e3
    assert size_mm == pytest.approx(PAPERS[paper], abs=0.06)
    view = board.detect(picture)
    assert len(view.ids) == board.corners
    seen_mm = (view.pixels + 0.5) / per_metre * 1e3 - sheet.origin
    np.testing.assert_allclose(seen_mm, view.points[:, :2] * 1e3, atol=0.02)


@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_both_rulers_are_150_mm_long_and_nothing_leaves_the_printable_page(paper):
    sheet = board_sheet(BOARDS[paper], paper, paper)
    ticks = sheet.black[np.isclose(sheet.black[:, 2], 0.2) & np.isclose(sheet.black[:, 3], 4.0)]
    assert np.ptp(ticks[:, 0]) == pytest.approx(150.0)
    marks = sheet.black[np.isclose(sheet.black[:, 3], 0.2) & np.isclose(sheet.black[:, 2], 4.0)]
    assert np.ptp(marks[:, 1]) == pytest.approx(150.0)
    low, high = sheet.black[:, :2].min(axis=0), (sheet.black[:, :2] + sheet.black[:, 2:]).max(0)
    assert low.min() > 5.0
    assert np.all(high < np.array(PAPERS[paper]) - 6.0)
    assert max(text.y for text in sheet.texts) < sheet.height - 6.0


def test_the_words_tell_the_square_of_a_print_that_came_out_small():
    words = " ".join(text.words for text in board_sheet(BOARDS["a4"], "a4", "a4").texts)
    assert "145.5 mm, say: --square-mm 29.1" in words


def test_a_board_that_does_not_fit_names_the_mend():
    with pytest.raises(MarkerError, match=r"240 x 320 mm does not fit onto a4"):
        board_sheet(Board("DICT_5X5_100", 6, 8, 0.04, 0.03), "big", "a4")
    with pytest.raises(UnknownNameError, match="a3, a4, letter"):
        board_sheet(BOARDS["a4"], "a4", "a5")
