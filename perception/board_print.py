"""A sheet as the bytes of a PDF of vectors, or of a PNG; both know their true size."""

import struct
import zlib

import cv2
import numpy as np

from perception.board_sheet import Sheet, Text

POINTS_PER_MM = 72.0 / 25.4
PIXELS_PER_MM = 10


def pdf_bytes(sheet: Sheet) -> bytes:
    """Return ``sheet`` as a PDF that asks viewers to print it unscaled (ISO 32000-1, 12.2)."""
    content = zlib.compress(_content(sheet).encode("ascii"))
    page = f"[0 0 {sheet.width * POINTS_PER_MM:.4f} {sheet.height * POINTS_PER_MM:.4f}]"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/ViewerPreferences<</PrintScaling/None>>>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox{page}/Contents 4 0 R"
        "/Resources<</Font<</F 5 0 R>>>>>>".encode(),
        b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        f"<</Title({_escaped(sheet.title)})/Producer(twinarm)>>".encode(),
    ]
    file, starts = b"%PDF-1.6\n", []
    for number, body in enumerate(objects, start=1):
        starts.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = "".join(f"{start:010} 00000 n \n" for start in starts)
    tail = f"trailer<</Size {len(objects) + 1}/Root 1 0 R/Info 6 0 R>>"
    return file + (
        f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{tail}\n"
        f"startxref\n{len(file)}\n%%EOF\n"
    ).encode("ascii")


def _content(sheet: Sheet) -> str:
    """Return the page's drawing, in millimetres from the upper left.

    All rectangles are one path: neighbours that are painted one by one show hairlines between.
    """
    scale = POINTS_PER_MM
    path = "".join(f"{x:.4f} {y:.4f} {w:.4f} {h:.4f} re\n" for x, y, w, h in sheet.black)
    words = "".join(
        f"BT /F {text.height} Tf 1 0 0 -1 {text.x:.3f} {text.y:.3f} Tm "
        f"({_escaped(text.words)}) Tj ET\n"
        for text in sheet.texts
    )
    return f"{scale:.8f} 0 0 {-scale:.8f} 0 {sheet.height * scale:.4f} cm\n{path}f\n{words}"


def _escaped(words: str) -> str:
    plain = words.encode("ascii", "replace").decode()
    return plain.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def png_bytes(sheet: Sheet) -> bytes:
    """Return ``sheet`` as a grey PNG of 10 pixels a millimetre, which it says in its head."""
    size = (round(sheet.height * PIXELS_PER_MM), round(sheet.width * PIXELS_PER_MM))
    canvas = np.full(size, 255, np.uint8)
    edges = np.rint(sheet.black @ _CORNERS * PIXELS_PER_MM).astype(int)
    for left, top, right, bottom in edges.tolist():
        canvas[top:bottom, left:right] = 0
    for text in sheet.texts:
        _put(canvas, text)
    _, data = cv2.imencode(".png", canvas)
    return _with_scale(data.tobytes())


_CORNERS = np.array([[1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0], [0, 0, 0, 1]])
"""From x, y, width, height to left, top, right, bottom."""


def _put(canvas: np.ndarray, text: Text) -> None:
    at = (round(text.x * PIXELS_PER_MM), round(text.y * PIXELS_PER_MM))
    font = cv2.FONT_HERSHEY_SIMPLEX
    # Capitals of a font are about 0.7 of its height, in Helvetica as here.
    scale = cv2.getFontScaleFromHeight(font, round(0.65 * text.height * PIXELS_PER_MM), 2)
    cv2.putText(canvas, text.words, at, font, scale, 0, 2, cv2.LINE_AA)


def _with_scale(png: bytes) -> bytes:
    """Return ``png`` with a pHYs chunk behind its head: pixels a metre (ISO 15948, 11.3.5.3)."""
    head = 8 + 25
    body = b"pHYs" + struct.pack(">IIB", PIXELS_PER_MM * 1000, PIXELS_PER_MM * 1000, 1)
    chunk = struct.pack(">I", 9) + body + struct.pack(">I", zlib.crc32(body))
    return png[:head] + chunk + png[head:]
