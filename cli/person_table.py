"""A real table at which a person lays the block, and may say whether it was lifted."""

import time
from collections.abc import Sequence
from contextlib import suppress

from cli.console import console
from cli.tables import Place, RealTable
from cli.typed_lines import TypedLines
from hardware.errors import StaleCommandError
from robot.arm import Arm
from robot.command import JointCommand
from robot.grasp_run import Tick
from robot.tool_task import ToolTask

_PACE = 0.1  # [s] between commands to an arm that waits; a server folds one that nobody commands
_ANSWERS = {"y": True, "yes": True, "n": False, "no": False}


class PersonTable(RealTable):
    """Asks for each block to be laid, and for what became of it; the arm is held meanwhile."""

    put_back = True

    def __init__(
        self, arm: Arm, task: ToolTask, places: Sequence[Place | None], judges: bool
    ) -> None:
        """Have blocks laid at ``places`` [m, base frame], or anywhere where one is None.

        judges: the person says whether a block was lifted and held; else the jaws tell.
        """
        super().__init__(arm, task)
        self._places, self._judges = places, judges
        self._goal = JointCommand(task.model.grasp.look, task.model.gripper.max_opening)
        self._lines = TypedLines()

    def lay(self, episode: int) -> None:
        """Ask for the block of ``episode``. Raises RobotError if nobody answers any more."""
        super().lay(episode)
        where = self._words(self._places[episode])
        model = self._task.model
        self._goal = JointCommand(model.grasp.look, model.gripper.max_opening)
        self._ask(
            f"{episode + 1}/{len(self._places)}: lay the block {where}, its sides along the"
            " base's axes, and take your hands away. Enter when it lies there, Ctrl-C to end."
        )

    def watch(self, tick: Tick) -> None:
        """Note where the arm is held, and what its jaws hold."""
        super().watch(tick)
        self._goal = tick.applied

    def held(self) -> bool | None:
        """Return what the person says, or the jaws. Raises RobotError if nobody answers."""
        if not self._judges:
            return super().held()
        answer = None
        while answer is None:
            answer = _ANSWERS.get(self._ask("lifted, and still held? y or n").strip().lower())
        return answer

    def _words(self, place: Place | None) -> str:
        if place is not None:
            return f"with its middle at x {1e3 * place[0]:.0f}, y {1e3 * place[1]:.0f} mm"
        zone = self._task.model.grasp
        (x, y), (deep, wide) = zone.area_centre, zone.area_size
        ranges = [
            (1e3 * (at - size / 2), 1e3 * (at + size / 2)) for at, size in ((x, deep), (y, wide))
        ]
        (near, far), (right, left) = ranges
        return f"anywhere in x {near:.0f} to {far:.0f}, y {right:.0f} to {left:.0f} mm"

    def _ask(self, question: str) -> str:
        """Return the answer to ``question``; the arm keeps being told where to stay.

        An impatient Enter from before it was asked would set the arm going under their hands.
        """
        self._lines.forget()
        console.print(question, markup=False)
        while (line := self._lines.next()) is None:
            with suppress(StaleCommandError):
                self._arm.command(self._goal)
            time.sleep(_PACE)
        return line
