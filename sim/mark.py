"""A mark painted on the table: people see it, depth cameras and fingers do not."""

from sim.bullet import pybullet

_RINGS = (
    (1.0, (0.10, 0.30, 0.70, 1.0)),
    (0.75, (0.95, 0.95, 0.95, 1.0)),
    (0.2, (0.1, 0.3, 0.7, 1)),
)
_PAINT = 0.0002  # [m] that each ring is above the one around it, so that pictures show it
_AWAY = (0.0, 0.0, -10.0)  # where no camera looks


class Mark:
    """Rings around a point of the table, without a body to be touched.

    Pictures show it only between ``show(True)`` and ``show(False)``, a window always: paint is
    nothing that a depth camera sees.
    """

    def __init__(self, client: int, radius: float, window: bool) -> None:
        """Prepare a mark of ``radius`` [m], which is nowhere until placed."""
        self._client, self._window = client, window
        self._place = _AWAY
        count = len(_RINGS)
        shape = pybullet.createVisualShapeArray(
            shapeTypes=[pybullet.GEOM_CYLINDER] * count,
            radii=[share * radius for share, _ in _RINGS],
            lengths=[2 * (i + 1) * _PAINT for i in range(count)],
            rgbaColors=[colour for _, colour in _RINGS],
            visualFramePositions=[(0.0, 0.0, 0.0)] * count,
            physicsClientId=client,
        )
        self._body: int = pybullet.createMultiBody(0, -1, shape, _AWAY, physicsClientId=client)

    def place(self, x: float, y: float, height: float) -> None:
        """Paint it around (x, y) [m] on a table whose top is at ``height`` [m]."""
        self._place = (x, y, height)
        self.show(self._window)

    def show(self, shown: bool) -> None:
        """Let pictures show it from now on, or not; a window always does."""
        where = self._place if shown or self._window else _AWAY
        pybullet.resetBasePositionAndOrientation(
            self._body, where, (0.0, 0.0, 0.0, 1.0), physicsClientId=self._client
        )
