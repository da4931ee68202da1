"""The pictures of a gap: what the camera saw, beside what the twin's scene showed then."""

from collections.abc import Iterator, Sequence

import numpy as np

from cli import tiles
from cli.deployment import Moment
from cli.film import VIEW
from cli.gap_figures import Gap
from cli.gap_notes import Attempt, Side
from cli.inset import enlarged
from cli.page import Pixels, Row
from perception.jpeg import decode
from perception.lens import Lens
from perception.locate import Look
from perception.overlay import overlay
from sim.grasp_scene import GraspScene
from sim.render import picture

MOST = 12
"""Episodes shown."""
SUCCESSES = 3
"""Of these, how many that went well; the others are the first that did not."""


def chosen(gap: Gap) -> list[int]:
    """Return the episodes to show: the first that went well on both sides, and what did not."""
    good = [attempt.episode for attempt in gap.table.ended if _went_well(gap, attempt.episode)]
    bad = [attempt.episode for attempt in gap.table.ended if not _went_well(gap, attempt.episode)]
    return sorted([*good[:SUCCESSES], *bad[: MOST - SUCCESSES]])


def picture_rows(gap: Gap) -> Iterator[Row]:
    """Yield a row for each chosen episode."""
    with GraspScene(gap.model) as scene:
        for episode in chosen(gap):
            attempt = _of(gap.table, episode)
            moments = [each for each in gap.table.done.moments if each.episode == episode]
            on_arm = bool(gap.about.get("camera_on_arm"))
            twins = _twins(scene, moments, on_arm)
            pictures = [*_seen(attempt, moments, gap.lens), *twins]
            if pictures:
                yield Row(f"Episode {episode + 1}", pictures, _note(gap, episode), photos=True)


def outcome_words(attempt: Attempt | None) -> str:
    """Return how ``attempt`` ended, in words; of None: that it was not made."""
    if attempt is None or attempt.outcome is None:
        return "not played"
    words = {True: "grasped", False: "not grasped", None: "nobody could tell"}
    why = f": {attempt.outcome.why}" if attempt.outcome.why else ""
    return words[attempt.outcome.success] + why


def _seen(
    attempt: Attempt | None, moments: Sequence[Moment], lens: Lens | None
) -> Iterator[tuple[Pixels, str]]:
    """Yield the camera's picture with what was located in it, or what a policy that sees saw."""
    if attempt is not None and attempt.shown is not None and lens is not None:
        shown = attempt.shown
        drawn = overlay(decode(shown.jpeg), shown.look, lens)[:, :, ::-1]
        yield _about_markers(drawn, shown.look), "the camera, and what was located"
        return
    images = [each.image for each in moments if each.tick.phase == "policy"]
    if images and images[0] is not None:
        square = enlarged(tiles.seen(images[0]), VIEW.height)
        beside = (VIEW.width - VIEW.height) // 2
        framed = np.pad(square, ((0, 0), (beside, beside), (0, 0)))
        yield framed, "what the policy saw as it took over"


def _about_markers(drawn: Pixels, look: Look) -> Pixels:
    """Return the part of a picture about what was found in it; all of it if that is nothing."""
    height, width = drawn.shape[:2]
    if not look.sightings or height < VIEW.height or width < VIEW.width:
        return np.ascontiguousarray(drawn)
    x, y = np.concatenate([marker.corners for marker in look.markers]).mean(axis=0)
    left = int(np.clip(x - VIEW.width / 2, 0, width - VIEW.width))
    top = int(np.clip(y - VIEW.height / 2, 0, height - VIEW.height))
    return np.ascontiguousarray(drawn[top : top + VIEW.height, left : left + VIEW.width])


def _twins(
    scene: GraspScene, moments: Sequence[Moment], on_arm: bool
) -> Iterator[tuple[Pixels, str]]:
    """Yield the twin at the moment of the camera's picture, and as the jaws had closed.

    on_arm: the camera is, so that its picture is from before the arm set out.
    """
    looks = [each for each in moments if each.tick.phase == "look"]
    begun = [each for each in moments if each.tick.phase == "policy"]
    closed = [each for each in moments if each.tick.phase == "close"]
    before = looks if looks and (on_arm or not begun) else begun[:1]
    if before and before[-1].twin is not None:
        # The block appears in the scene once it is located, with which the looking ends.
        words = "the twin at that moment" if begun else "the twin, not told of this block"
        yield _twin(scene, before[-1], (begun or before)[0]), words
    if closed and closed[-1].twin is not None:
        yield _twin(scene, closed[-1], closed[-1]), "the twin, its jaws closed"


def _twin(scene: GraspScene, moment: Moment, shows_block: Moment) -> Pixels:
    assert moment.twin is not None
    scene.show(moment.twin.positions, moment.twin.gripper, shows_block.block)
    return picture(scene.world, VIEW)


def _note(gap: Gap, episode: int) -> str:
    table, simulation = _of(gap.table, episode), _of(gap.simulation, episode)
    return f"table: {outcome_words(table)} · simulation: {outcome_words(simulation)}"


def _went_well(gap: Gap, episode: int) -> bool:
    both = (_of(gap.table, episode), _of(gap.simulation, episode))
    return all(one is not None and one.outcome and one.outcome.success for one in both)


def _of(side: Side, episode: int) -> Attempt | None:
    return next((each for each in side.ended if each.episode == episode), None)
