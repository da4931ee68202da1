"""Composes a self-contained HTML page from cards, plots, tables, pictures and videos."""

import base64
import html
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

import numpy as np
from numpy.typing import NDArray

from robot.errors import RobotError

_PAGE = Template((Path(__file__).parent / "page.html").read_text())

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Row:
    """RGB pictures [h, w, 3] side by side under a heading, each with its caption.

    note: said after the heading. photos: they may be compressed and smoothed.
    """

    heading: str
    pictures: Sequence[tuple[Pixels, str]]
    note: str = ""
    photos: bool = False


@dataclass(frozen=True, slots=True)
class Film:
    """A video (.mp4), whether it shows a success (None: nobody judged), and its caption."""

    path: Path
    success: bool | None
    caption: str


@dataclass
class Page:
    """A page in the making; add to it from top to bottom, then ``write`` it."""

    title: str
    subtitle: str
    _cards: list[str] = field(default_factory=list)
    _sections: list[str] = field(default_factory=list)

    def card(self, figure: str, meaning: str) -> None:
        """Add a headline figure."""
        self._cards.append(
            f'<div class="card"><b>{html.escape(figure)}</b>'
            f"<span>{html.escape(meaning)}</span></div>"
        )

    def note(self, title: str, words: str) -> None:
        """Add a section of words alone, such as why something is not there."""
        self._section(title, words, "")

    def plot(self, title: str, words: str, *svgs: str) -> None:
        """Add a section of plots."""
        self._section(title, words, "\n".join(svgs))

    def table(
        self,
        title: str,
        words: str,
        rows: Mapping[str, str] | Iterable[Sequence[str]],
        heads: Sequence[str] = (),
    ) -> None:
        """Add a section with a table: names and values, or rows of as many cells as ``heads``."""
        lines = rows.items() if isinstance(rows, Mapping) else rows
        head = f"<thead>{_line('th', heads)}</thead>" if heads else ""
        body = "".join(_line("td", cells) for cells in lines)
        table = f"<table>{head}<tbody>{body}</tbody></table>"
        self._section(title, words, f'<div class="wide">{table}</div>')

    def text(self, title: str, words: str, text: str) -> None:
        """Add a section with preformatted text."""
        self._section(title, words, f"<pre>{html.escape(text)}</pre>")

    def video(self, title: str, words: str, path: Path, captions: tuple[str, ...]) -> None:
        """Add a section with the video at ``path``, captions under its parts from left to right."""
        under = "".join(f"<span>{html.escape(caption)}</span>" for caption in captions)
        figure = f"{_video(path)}<figcaption>{under}</figcaption>"
        self._section(title, words, f'<figure class="split">{figure}</figure>')

    def films(self, title: str, words: str, films: Iterable[Film], across: int) -> None:
        """Add a section of videos, ``across`` in a row, each saying how it ended."""
        figures = "".join(map(_film, films))
        self._section(
            title, words, f'<div class="films" style="{_columns(across)}">{figures}</div>'
        )

    def pictures(self, title: str, words: str, rows: Iterable[Row]) -> None:
        """Add a section of pictures in rows; pixels stay sharp when enlarged, unless of photos."""
        self._section(title, words, "\n".join(map(_row, rows)))

    def write(self, path: Path) -> None:
        """Write the page. Raises RobotError if it cannot be written."""
        page = _PAGE.substitute(
            title=html.escape(self.title),
            subtitle=html.escape(self.subtitle),
            cards="\n".join(self._cards),
            sections="\n".join(self._sections),
        )
        try:
            path.write_text(page)
        except OSError as error:
            raise RobotError(f"{path}: the report cannot be written: {error}") from error

    def _section(self, title: str, words: str, body: str) -> None:
        self._sections.append(
            f"<section><h2>{html.escape(title)}</h2><p>{html.escape(words)}</p>{body}</section>"
        )


def _line(tag: str, cells: Iterable[str]) -> str:
    inner = "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells)
    return f"<tr>{inner}</tr>"


def _video(path: Path) -> str:
    source = _uri("video/mp4", path)
    return f'<video controls muted loop playsinline autoplay src="{source}"></video>'


def _uri(kind: str, source: Path | bytes) -> str:
    data = source if isinstance(source, bytes) else source.read_bytes()
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def _film(film: Film) -> str:
    ends = {True: ("success", "good"), False: ("failure", "bad"), None: ("episode", "")}
    word, kind = ends[film.success]
    caption = f'<b class="{kind}">{word}</b> · {html.escape(film.caption)}'
    return f"<figure>{_video(film.path)}<figcaption>{caption}</figcaption></figure>"


def _row(row: Row) -> str:
    form = "jpeg" if row.photos else "png"
    figures = "".join(
        f'<figure><img alt="{html.escape(caption)}"'
        f' src="{_uri(f"image/{form}", _encoded(pixels, form))}">'
        f"<figcaption>{html.escape(caption)}</figcaption></figure>"
        for pixels, caption in row.pictures
    )
    heading = f"<h3>{html.escape(row.heading)} <small>{html.escape(row.note)}</small></h3>"
    kind = "pictures photos" if row.photos else "pictures"
    return f'{heading}<div class="{kind}" style="{_columns(len(row.pictures))}">{figures}</div>'


def _columns(count: int) -> str:
    return f"grid-template-columns:repeat({count},1fr)"


def _encoded(pixels: Pixels, form: str) -> bytes:
    from matplotlib import image

    file = io.BytesIO()
    image.imsave(file, pixels, format=form)
    return file.getvalue()
