"""The held-out grid as a table in the terminal."""

from rich.table import Table

from cli.grid import PLACES, CellResult, Figures, GridResult

HEADS = ("below", "low edge", "high edge", "above")
GOOD, FAIR = 0.9, 0.75  # success rates from which on a cell is green, or at least not red


def grid_table(result: GridResult) -> Table:
    """Return a row a parameter, the most harmful first, and a column a place in its range."""
    table = Table(box=None, title="success in %, 95% Wilson interval", title_justify="left")
    table.add_column("")
    for head in HEADS:
        table.add_column(head, justify="right")
    for parameter, cells in result.alone.items():
        table.add_row(parameter, *(_words(cells.get(place)) for place in PLACES))
    table.add_section()
    for other in result.others:
        table.add_row(other.cell.name, describe(other.figures))
    table.add_section()
    table.add_row("overall", describe(result.overall))
    return table


def describe(figures: Figures) -> str:
    """Return the rate and its interval in percent, coloured by how good the rate is."""
    low, high = figures.ci95
    colour = "green" if figures.rate >= GOOD else "yellow" if figures.rate >= FAIR else "red"
    rate, interval = f"{100 * figures.rate:.0f}", f"({100 * low:.0f} to {100 * high:.0f})"
    return f"[{colour}]{rate:>3}[/] {interval:>11}"


def _words(result: CellResult | None) -> str:
    return "" if result is None else describe(result.figures)
