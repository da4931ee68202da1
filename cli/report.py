"""Composes a self-contained HTML page from cards, plots, tables and a video."""

import base64
import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from robot.errors import RobotError

_PAGE = Template((Path(__file__).parent / "report.html").read_text())


@dataclass
class Report:
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

    def plot(self, title: str, words: str, *svgs: str) -> None:
        """Add a section of plots."""
        self._section(title, words, "\n".join(svgs))

    def table(self, title: str, words: str, rows: Mapping[str, str]) -> None:
        """Add a section with a table of two columns."""
        cells = (
            f"<tr><td>{html.escape(name)}</td><td>{html.escape(value)}</td></tr>"
            for name, value in rows.items()
        )
        self._section(title, words, f"<table>{''.join(cells)}</table>")

    def text(self, title: str, words: str, text: str) -> None:
        """Add a section with preformatted text."""
        self._section(title, words, f"<pre>{html.escape(text)}</pre>")

    def video(self, title: str, words: str, path: Path, captions: tuple[str, ...]) -> None:
        """Add a section with the video at ``path``, captions under its parts from left to right."""
        data = base64.b64encode(path.read_bytes()).decode()
        under = "".join(f"<span>{html.escape(caption)}</span>" for caption in captions)
        self._section(
            title,
            words,
            "<figure><video controls muted loop playsinline autoplay"
            f' src="data:video/mp4;base64,{data}"></video>'
            f"<figcaption>{under}</figcaption></figure>",
        )

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
