"""The page of a gap: success, arm and twin, perception, timing, episode by episode, in pictures."""

import json
from pathlib import Path

import numpy as np

from cli.gap_compare import Earlier, turned_words
from cli.gap_figures import Array, Figures, Gap, block_errors, divergences
from cli.gap_names import GROUPS, UNKNOWN, shown, shown_count, shown_interval
from cli.gap_notes import Attempt
from cli.gap_pictures import outcome_words, picture_rows
from cli.gap_plots import apart_over_time, error_plot, spawn_map
from cli.gap_statistics import rms
from cli.gap_table import BEFORE_HEADS, HEADS, group_rows
from cli.page import Page

PAGE = "gap.html"

_WORDS = {
    "Success": "A grasp counts if the block is lifted by 5 cm and stays up for half a second; on a"
    " real arm a person, or its jaws, say so. The intervals are Wilson's for a rate and Newcombe's"
    " for a difference of two.",
    "Arm and twin": "The twin is a simulated arm that is sent what the real one applied. Both are"
    " compared by what their servos measure, from when the policy takes over until the block is"
    " held; intervals are bootstrapped over episodes.",
    "Perception": "Where the camera had the block as the arm set out, or gave up, less where it"
    " was; and how far the tool was from the block over the table as the jaws began to close. p95"
    " is the 95th percentile. That needs somebody who knows the truth, which only an emulated cell"
    " does. The deviation that the camera claims is of its looks and of its own place, as its"
    " calibration has it.",
    "Timing": "Of the side on the table. A command and its answer: to the arm's server and back."
    " Picture to place: from when a picture was taken to when the block was located in it. A"
    " camera on the wrist looks only before the arm sets out, so the picture that the policy acts"
    " on grows old on the way; one beside the arm goes on looking.",
}
_ABOUT = {
    "date": "measured",
    "policy": "policy",
    "table": "table",
    "episodes": "episodes",
    "seed": "seed of the places",
    "servos": "servos of twin and simulation",
    "lens": "lens",
    "hand_eye": "place of the camera",
    "hand_eye_date": "measured on",
    "hand_eye_residual_mm": "its residual [mm]",
}


def write_page(path: Path, gap: Gap, figures: Figures, earlier: Earlier | None) -> None:
    """Write the page on ``gap`` to ``path``. Raises RobotError."""
    compose(gap, figures, earlier).write(path)


def compose(gap: Gap, figures: Figures, earlier: Earlier | None) -> Page:
    """Return the page on ``gap``, beside the figures of an ``earlier`` one if there is one."""
    about = gap.about
    page = Page(
        f"twinarm gap: {about.get('policy', '')}",
        f"Simulation against {about.get('table', 'a table')}, {about.get('date', '')}",
    )
    _add_cards(page, figures)
    if earlier is not None:
        _add_earlier(page, gap, earlier)
    for group in GROUPS:
        _add_group(page, group, gap, figures, earlier)
    _add_episodes(page, gap)
    page.pictures(
        "Pictures",
        "The first episodes that went well on both sides, and the first that did not.",
        picture_rows(gap),
    )
    page.text("Settings", "What was measured, and with what.", json.dumps(about, indent=2))
    return page


def _add_cards(page: Page, figures: Figures) -> None:
    for name, where in (("success_simulation", "in simulation"), ("success_table", "on the table")):
        if name in figures:
            interval = shown_interval(figures[name], "%")
            page.card(shown_count(figures, name), f"grasped {where} (95 % interval {interval})")
    for name, unit, words in (
        ("tool_apart_rms_mm", "mm", "between the tools of arm and twin, rms"),
        ("block_error_median_mm", "mm", "from the block seen to where it is, median"),
    ):
        if name in figures:
            page.card(shown(figures[name].value, unit), words)


def _add_earlier(page: Page, gap: Gap, earlier: Earlier) -> None:
    rows = [
        (words, str(earlier.about.get(name, UNKNOWN)), str(gap.about.get(name, UNKNOWN)))
        for name, words in _ABOUT.items()
        if name in earlier.about or name in gap.about
    ]
    page.table(
        "Compared with an earlier report",
        f"{earlier.path}. Where two intervals are apart, chance alone hardly explains the change;"
        f" where they overlap, it may. {turned_words(gap, earlier)}",
        rows,
        ("", "earlier", "now"),
    )


def _add_group(page: Page, group: str, gap: Gap, figures: Figures, earlier: Earlier | None) -> None:
    before = None if earlier is None else earlier.figures
    rows = group_rows(group, gap.model.n, figures, before)
    if not rows:
        page.note(group, "Nothing is known of this here.")
        return
    heads = HEADS if earlier is None else BEFORE_HEADS
    if earlier is None and all(row[-1] == UNKNOWN for row in rows):
        rows, heads = [row[:-1] for row in rows], heads[:-1]
    page.table(group, _WORDS[group], rows, heads)
    plots = _plots(group, gap)
    if plots:
        page.plot(*plots)


def _plots(group: str, gap: Gap) -> tuple[str, str, str] | None:
    if group == "Success":
        words = "From above, as one sees it from behind the arm; the numbers are the episodes'."
        return "Where the blocks lay", words, spawn_map(gap, _places(gap))
    if group == "Arm and twin" and divergences(gap.table.done):
        words = "Grey: tools, an episode a line. Below: what each joint measures, medians."
        return "Arm and twin over time", words, apart_over_time(gap, gap.period)
    if group == "Perception" and block_errors(gap):
        words = "As the arm set out, or gave up: from above, and in height."
        return "Where the camera had the blocks, less where they were", words, error_plot(gap)
    return None


def _add_episodes(page: Page, gap: Gap) -> None:
    simulated = {attempt.episode: attempt for attempt in gap.simulation.ended}
    places, apart = _places(gap), divergences(gap.table.done)
    rows = []
    for attempt in gap.table.ended:
        number = attempt.episode
        rows.append(
            (
                str(number + 1),
                _place_words(places.get(number)),
                outcome_words(simulated.get(number)),
                outcome_words(attempt),
                _error_words(attempt),
                UNKNOWN if attempt.miss is None else f"{1e3 * attempt.miss:.1f}",
                _rms_words(apart[number][1]) if number in apart else UNKNOWN,
            )
        )
    page.table(
        "Episodes",
        "All lengths in mm: where the block lay, how far from there the camera had it, how far"
        " beside it the tool was as the jaws began to close, and how far apart the tools of arm"
        " and twin were, rms.",
        rows,
        ("", "block x, y", "simulation", "table", "seen off", "tool off", "apart"),
    )


def _places(gap: Gap) -> dict[int, tuple[float, float]]:
    """Return where the block of each episode lay [m], by whoever knows it best."""
    places = {}
    for attempt in gap.table.ended:
        if attempt.truth is not None:
            x, y, _ = attempt.truth.block
        elif attempt.seen is not None:
            x, y, _ = attempt.seen.position
        elif (spot := gap.spots[attempt.episode]) is not None:
            x, y, _ = spot
        else:
            continue
        places[attempt.episode] = float(x), float(y)
    return places


def _place_words(place: tuple[float, float] | None) -> str:
    return UNKNOWN if place is None else f"{1e3 * place[0]:.0f}, {1e3 * place[1]:.0f}"


def _error_words(attempt: Attempt) -> str:
    if attempt.seen is None or attempt.truth is None:
        return UNKNOWN
    return f"{1e3 * float(np.linalg.norm(attempt.seen.position - attempt.truth.block)):.1f}"


def _rms_words(tool: Array) -> str:
    return f"{1e3 * float(rms(tool)):.1f}"
