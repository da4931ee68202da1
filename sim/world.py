"""One PyBullet physics client: the table, blocks, and time in fixed steps."""

import math
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from robot.errors import ModelError, RobotError
from sim.bullet import pybullet
from sim.mark import Mark
from sim.tabletop import Tabletop, Top

TIMESTEP = 1.0 / 240.0  # [s] PyBullet's own default, on which its contact parameters are tuned
CONTACT_ERP = 0.8  # share of a penetration undone in a step; at 0.2 fingers sink 9 mm into a block
GRAVITY = -9.81  # [m/s²]

_TABLE_HALF, _TABLE_CENTRE = (0.35, 0.40, 0.02), (0.15, 0.0)  # [m]
_TABLE_COLOUR = (0.86, 0.82, 0.75)


@dataclass(frozen=True, slots=True)
class Pace:
    """How finely time passes."""

    stride: int
    """Steps of ``TIMESTEP`` simulated as one."""
    iterations: int
    """Of the solver in each: what is gripped slips less with more, and each costs time."""


FINE = Pace(1, 20)  # PyBullet's default of 50 iterations grasps no better at this time step
GRIP = Pace(2, 40)  # holds blocks of any size more surely than FINE, for two thirds of the time

BodyPose = tuple[tuple[float, float, float], tuple[float, float, float, float]]


class World:
    """A physics client of its own, never PyBullet's global one; the base frame is its origin.

    Use as a context manager, or call ``close``.
    """

    def __init__(self, window: bool = False) -> None:
        """Connect, and open a ``window`` if asked; RobotError where there is no display."""
        if window and sys.platform == "linux" and not os.environ.get("DISPLAY"):
            # PyBullet would end the whole process here.
            raise RobotError("no display for a window: set DISPLAY, or make a video instead")
        self.client: int = pybullet.connect(pybullet.GUI if window else pybullet.DIRECT)
        if self.client < 0:
            raise RobotError("PyBullet could not be started")
        self.steps, self.pace = 0, FINE
        self.window = window
        self.scale = 1.0
        """How much further away than at a hobby arm people look from."""
        self.tabletop: Top | None = None
        self.marks: list[Mark] = []
        self._table: int | None = None
        self._call = {"physicsClientId": self.client}
        self._made: dict[tuple[tuple[float, ...], tuple[float, ...]], tuple[int, int]] = {}
        pybullet.setPhysicsEngineParameter(
            fixedTimeStep=TIMESTEP,
            numSolverIterations=FINE.iterations,
            contactERP=CONTACT_ERP,
            deterministicOverlappingPairs=1,
            **self._call,
        )
        pybullet.setGravity(0, 0, GRAVITY, **self._call)
        if window:
            pybullet.configureDebugVisualizer(pybullet.COV_ENABLE_GUI, 0, **self._call)

    def set_pace(self, pace: Pace) -> None:
        """Simulate at another pace from now on."""
        if pace != self.pace:
            pybullet.setPhysicsEngineParameter(
                fixedTimeStep=pace.stride * TIMESTEP,
                numSolverIterations=pace.iterations,
                **self._call,
            )
            self.pace = pace

    def step(self, count: int = 1) -> None:
        """Advance time by ``count`` steps of ``TIMESTEP``, rounded up to whole strides."""
        client, advance, stride = self.client, pybullet.stepSimulation, self.pace.stride
        strides = -(-count // stride)
        for _ in range(strides):
            advance(client)
        self.steps += strides * stride

    @property
    def time(self) -> float:
        """Return the simulated time since the world was made [s]."""
        return self.steps * TIMESTEP

    def add_urdf(self, path: Path) -> int:
        """Load a URDF with its base fixed at the origin and return its body id.

        Raises ModelError if PyBullet does not take it.
        """
        try:
            body: int = pybullet.loadURDF(
                str(path),
                useFixedBase=True,
                flags=pybullet.URDF_USE_INERTIA_FROM_FILE,
                **self._call,
            )
        except pybullet.error as error:
            raise ModelError(f"{path}: PyBullet cannot load it: {error}") from error
        return body

    def add_table(self, height: float, friction: float = 0.8) -> int:
        """Add a table whose top is at ``height`` [m] and return its body id."""
        body = self._box(_TABLE_HALF, 0.0, (*_TABLE_COLOUR, 1.0))
        self._table = body
        self.set_friction(body, friction)
        self.set_table_height(body, height)
        return body

    def set_table_height(self, table: int, height: float) -> None:
        """Put the top of ``table`` at ``height`` [m]."""
        (x, y), (along, across, half) = _TABLE_CENTRE, _TABLE_HALF
        self.place(table, (x, y, height - half), 0.0)
        self.tabletop = Tabletop((x - along, y - across), (x + along, y + across), height)

    def show_table(self, shown: bool) -> None:
        """Let pictures show the table, as they do from the start, or not; a window always does."""
        if self._table is not None and not self.window:
            colour = (*_TABLE_COLOUR, float(shown))
            pybullet.changeVisualShape(self._table, -1, rgbaColor=colour, **self._call)

    def add_block(self, size: float, mass: float, friction: float = 0.9) -> int:
        """Add a free cube of edge ``size`` [m] and ``mass`` [kg] and return its body id."""
        body = self._box((size / 2,) * 3, mass, (0.85, 0.20, 0.18, 1.0))
        pybullet.changeDynamics(
            body,
            -1,
            lateralFriction=friction,
            spinningFriction=0.002,
            **self._call,
        )
        return body

    def add_mark(self, radius: float) -> Mark:
        """Add a mark of ``radius`` [m] that people see once it is placed, and return it."""
        self.marks.append(Mark(self.client, radius, self.window))
        return self.marks[-1]

    def touches(self, body: int, other: int, within: float) -> bool:
        """Return whether two bodies come nearer to each other than ``within`` [m]."""
        return bool(pybullet.getClosestPoints(body, other, within, physicsClientId=self.client))

    def remove(self, body: int) -> None:
        """Take ``body`` out of the world; its id may be given to the next one added."""
        pybullet.removeBody(body, **self._call)

    def set_friction(self, body: int, friction: float, link: int = -1) -> None:
        """Set the lateral friction of a link of ``body``, by default of its base."""
        pybullet.changeDynamics(body, link, lateralFriction=friction, **self._call)

    def place(self, body: int, position: tuple[float, float, float], yaw: float) -> None:
        """Put ``body`` at rest at ``position`` [m], turned by ``yaw`` [rad] about z."""
        turn = (0.0, 0.0, math.sin(yaw / 2), math.cos(yaw / 2))
        pybullet.resetBasePositionAndOrientation(body, position, turn, **self._call)
        pybullet.resetBaseVelocity(body, (0, 0, 0), (0, 0, 0), **self._call)

    def position(self, body: int) -> tuple[float, float, float]:
        """Return the centre of ``body`` in the base frame [m]."""
        return self.pose(body)[0]

    def pose(self, body: int) -> BodyPose:
        """Return the centre of ``body`` [m] and its orientation (x, y, z, w), base frame."""
        pose: BodyPose = pybullet.getBasePositionAndOrientation(body, self.client)
        return pose

    def set_pose(self, body: int, pose: BodyPose) -> None:
        """Put ``body`` where ``pose`` of another moment found it."""
        pybullet.resetBasePositionAndOrientation(body, *pose, **self._call)

    def save(self) -> int:
        """Keep the present state of all bodies in memory and return its id for ``restore``."""
        state: int = pybullet.saveState(**self._call)
        return state

    def restore(self, state: int) -> None:
        """Bring all bodies, and the solver's memory of their contacts, back to ``state``."""
        pybullet.restoreState(stateId=state, **self._call)

    def close(self) -> None:
        """Disconnect; safe to call twice."""
        if self.client >= 0 and pybullet.isConnected(self.client):
            pybullet.disconnect(self.client)
        # PyBullet gives the number of a closed client to the next one.
        self.client = -1
        self._call["physicsClientId"] = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _box(
        self,
        half: tuple[float, ...],
        mass: float,
        colour: tuple[float, ...],
    ) -> int:
        shapes = self._shapes(half, colour)
        body: int = pybullet.createMultiBody(mass, *shapes, (0.0, 0.0, 1.0), **self._call)
        return body

    def _shapes(self, half: tuple[float, ...], colour: tuple[float, ...]) -> tuple[int, int]:
        """Return collision and visual shape of a box, made once: PyBullet never frees them."""
        if (half, colour) not in self._made:
            box = {"shapeType": pybullet.GEOM_BOX, "halfExtents": half, **self._call}
            shape = pybullet.createCollisionShape(**box)
            self._made[half, colour] = shape, pybullet.createVisualShape(**box, rgbaColor=colour)
        return self._made[half, colour]
