"""The figures of the gap as rows of words, for the terminal and for the page."""

from rich.table import Table

from cli.gap_compare import Change, compared
from cli.gap_figures import Figures
from cli.gap_names import GROUPS, UNKNOWN, named, shown, shown_interval

HEADS: tuple[str, ...] = ("", "now", "95 % interval")
BEFORE_HEADS: tuple[str, ...] = (*HEADS, "earlier", "change", "intervals")

_TOLD = {True: "overlap", False: "apart", None: UNKNOWN}


def group_rows(
    group: str, joints: int, figures: Figures, earlier: Figures | None
) -> list[tuple[str, ...]]:
    """Return a row for each figure of ``group`` that is known, now or earlier.

    With cells as ``HEADS``, or as ``BEFORE_HEADS`` beside ``earlier`` ones.
    """
    rows = []
    changes = compared(figures, earlier or {})
    for name, (words, unit) in named(group, joints).items():
        if name in changes:
            cells = _cells(changes[name], unit)
            rows.append((words, *(cells if earlier is not None else cells[:2])))
    return rows


def figure_table(joints: int, figures: Figures, earlier: Figures | None) -> Table:
    """Return all figures for the terminal, a section a group.

    Beside earlier ones there is no room for the intervals, of which the page has more.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    heads = HEADS if earlier is None else _without_interval(BEFORE_HEADS)
    for head in heads:
        table.add_column(head, justify="right" if head else "left")
    for group in GROUPS:
        rows = group_rows(group, joints, figures, earlier)
        if rows:
            table.add_row(f"[bold]{group}[/]")
        for row in rows:
            words, *cells = row if earlier is None else _without_interval(row)
            table.add_row(f"  {words}", *cells)
    return table


def _without_interval(row: tuple[str, ...]) -> tuple[str, ...]:
    return row[:2] + row[3:]


def _cells(change: Change, unit: str) -> tuple[str, ...]:
    now, earlier, difference = change.now, change.earlier, change.difference
    return (
        UNKNOWN if now is None else shown(now.value, unit),
        UNKNOWN if now is None else shown_interval(now, unit),
        UNKNOWN if earlier is None else shown(earlier.value, unit),
        UNKNOWN if difference is None else shown(difference, unit, sign=True),
        _TOLD[change.overlap],
    )
