"""The figures of a gap beside those of an earlier one: what changed, and whether it is told."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.gap_figures import Figures, Gap
from cli.gap_statistics import Figure
from robot.errors import RobotError

FORMAT, VERSION = "twinarm-gap", 1
FILE = "gap.json"


@dataclass(frozen=True, slots=True)
class Change:
    """A figure now and earlier; difference: now less earlier. None for what is not known.

    overlap: whether the two intervals have values in common; where they do not, chance alone
    hardly explains the difference.
    """

    earlier: Figure | None
    now: Figure | None

    @property
    def difference(self) -> float | None:
        """Return the present value less the earlier one."""
        if self.earlier is None or self.now is None:
            return None
        return self.now.value - self.earlier.value

    @property
    def overlap(self) -> bool | None:
        """Return whether the intervals overlap."""
        ends = [figure.interval for figure in (self.earlier, self.now) if figure is not None]
        if len(ends) < 2 or ends[0] is None or ends[1] is None:
            return None
        return ends[0][0] <= ends[1][1] and ends[1][0] <= ends[0][1]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {
            "earlier": None if self.earlier is None else self.earlier.to_json(),
            "difference": self.difference,
            "intervals_overlap": self.overlap,
        }


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an earlier report says of itself, and its figures.

    path: of its file. outcomes: of its episodes on the table, by their numbers.
    """

    path: Path
    about: Mapping[str, Any]
    figures: Figures
    outcomes: Mapping[int, bool | None]


def read_earlier(path: Path) -> Earlier:
    """Return the report that `twinarm gap` left at ``path``, a ``gap.json`` or its folder.

    Raises RobotError for a file that is none.
    """
    path = path / FILE if path.is_dir() else path
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise RobotError(
            f"--against {path}: cannot be read: {error}; name the {FILE} of an earlier report"
        ) from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise RobotError(f"--against {path}: no report of `twinarm gap`; name the {FILE} of one")
    if data.get("version") != VERSION:
        raise RobotError(
            f"--against {path}: of version {data.get('version')}, and only {VERSION} is known here;"
            " measure it anew"
        )
    try:
        figures = {str(name): _figure(each) for name, each in data["figures"].items()}
        outcomes = {
            int(each["episode"]): each["table"]["success"]
            for each in data["episodes"]
            if each["table"] is not None
        }
        return Earlier(path, dict(data["about"]), figures, outcomes)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RobotError(f"--against {path}: damaged: {error!r}; measure it anew") from error


def compared(now: Figures, earlier: Figures) -> dict[str, Change]:
    """Return each figure of either report as a change."""
    names = dict.fromkeys((*now, *earlier))
    return {name: Change(earlier.get(name), now.get(name)) for name in names}


def turned_words(gap: Gap, earlier: Earlier) -> str:
    """Return how many places went well in only one of both reports; "" for other places.

    The same place tried twice tells more than two rates do. Blocks that people lay anywhere are
    at other places each time.
    """
    known = ("seed", "arm", "anywhere")
    if gap.about.get("anywhere") or any(gap.about.get(k) != earlier.about.get(k) for k in known):
        return ""
    now = {each.episode: each.outcome.success for each in gap.table.ended if each.outcome}
    both = [(now[k], earlier.outcomes[k]) for k in now.keys() & earlier.outcomes.keys()]
    if not both:
        return ""
    won = sum(bool(new) and old is False for new, old in both)
    lost = sum(new is False and bool(old) for new, old in both)
    return (
        f"Of {len(both)} places that both reports have, {won} went well only now, and {lost}"
        " only earlier."
    )


def _figure(data: Mapping[str, Any]) -> Figure:
    ends = data["ci95"]
    interval = None if ends is None else (float(ends[0]), float(ends[1]))
    return Figure(float(data["value"]), interval, int(data["count"]))
