"""Where teleoperation is shown: in a window, on a page, in a film, or in a line of the terminal."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from cli.console import console
from cli.display import display_there
from cli.teleop_display import Display
from cli.teleop_film import TeleopFilm
from cli.teleop_picture import Shot
from robot.model import ArmModel

Shown = tuple[Callable[[Shot], None], Callable[[], Iterator[str]]]
"""What sees shots, and what yields the keys pressed there."""


@contextmanager
def shown(
    model: ArmModel, live: int | None, film: TeleopFilm | None = None, told: bool = True
) -> Iterator[Shown]:
    """Yield where arms of ``model`` are shown: a window where there is a display, or a line.

    live: port of a page besides. film: takes every shot. told: whether the line may be had.
    Raises RobotError for a port in use.
    """
    with ExitStack() as stack:
        displays = [stack.enter_context(one) for one in _displays(model, live)]
        tells = told and not display_there()
        line = stack.enter_context(console.status("")) if tells else None

        def show(shot: Shot) -> None:
            if film is not None:
                film.add(shot)
            if line is not None:
                line.update(", ".join([*(_told(shot)), shot.pace]))
            for display in displays:
                display.show(shot)

        def keys() -> Iterator[str]:
            for display in displays:
                yield from display.keys()

        yield show, keys


def _displays(model: ArmModel, live: int | None) -> Iterator[Display]:
    if display_there():
        from cli.teleop_window import window

        yield window(model)
    if live is not None:
        from cli.teleop_page import HOST, Page

        yield Page(model, live)
        console.print(f"live at http://{HOST}:{live}")


def _told(shot: Shot) -> Iterator[str]:
    for arm in shot.arms:
        yield f"{arm.side}: {arm.status}" if arm.side else arm.status
