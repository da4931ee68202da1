"""Jaws that are sent to openings without waiting for them: a thread of their own talks to them."""

import logging
from threading import Event, Thread

from hardware.ur.jaws_port import JawsPort
from robot.errors import ArmError
from robot.gripper import Gripper

log = logging.getLogger(__name__)

OPEN, CLOSED = 3, 230
"""Positions of a 2F-85 with its jaws open and closed on nothing; source: ros2_robotiq_gripper."""

_PERIOD = 0.03  # [s] twice the time of an exchange with the gripper
_SPEED = 255  # of 255: 150 mm/s; commanded openings move no faster than the model's anyway
_FORCE = 50  # of 255: 60 N of 20 to 235, enough for a block and gentle to fingers
_READY = 3
_MOVING = 0


class UrJaws:
    """The 2F-85 of the controller at ``host``, as the ``gripper`` of a model."""

    def __init__(self, gripper: Gripper, host: str) -> None:
        """Prepare to connect."""
        self._gripper, self._host = gripper, host
        self._done = Event()
        self._position = self._target = OPEN
        self._moving = False
        self.fault: str | None = None
        """Why they do not answer any more, until opened again."""

    def open(self) -> None:
        """Connect and stay where they are. Raises ArmError; activating them would move them."""
        port = JawsPort(self._host)
        if port.get("STA") != _READY:
            port.close()
            raise ArmError(
                f"the gripper at {self._host} is not activated: activate it on the pendant, under "
                "Installation, URCaps, Robotiq Grippers; its jaws then open and close once"
            )
        self._position = self._target = port.get("POS")
        port.set(GTO=1, SPE=_SPEED, FOR=_FORCE, POS=self._target)
        self.fault = None
        self._done = Event()
        talk = Thread(
            target=self._talk, args=(port, self._target, self._done), name="gripper", daemon=True
        )
        talk.start()

    def opening(self) -> float:
        """Return how far apart they were when last heard of [m]."""
        return self._opening(self._position)

    def command(self, opening: float) -> None:
        """Send them ``opening`` apart [m]."""
        gripper = self._gripper
        ends = gripper.actuator_open, gripper.actuator_closed
        share = (gripper.actuator(opening) - ends[0]) / (ends[1] - ends[0])
        self._target = round(OPEN + share * (CLOSED - OPEN))

    def hold(self) -> float:
        """Stop them, keeping a grip; return the opening they are sent to from here on [m]."""
        if self._moving:
            self._target = self._position
        return self._opening(self._target)

    def close(self) -> None:
        """Let go of the port; the gripper keeps its last target. Safe to call twice."""
        self._done.set()

    def _opening(self, position: int) -> float:
        share = min(1.0, max(0.0, (position - OPEN) / (CLOSED - OPEN)))
        ends = self._gripper.actuator_open, self._gripper.actuator_closed
        return self._gripper.opening(ends[0] + share * (ends[1] - ends[0]))

    def _talk(self, port: JawsPort, sent: int, done: Event) -> None:
        try:
            while not done.wait(_PERIOD):
                if self._target != sent:
                    sent = self._target
                    port.set(POS=sent)
                self._position = port.get("POS")
                self._moving = port.get("OBJ") == _MOVING
        except ArmError as error:
            self.fault = str(error)
        finally:
            port.close()
