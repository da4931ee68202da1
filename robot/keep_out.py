"""Where an arm on a table must not go: the table top and its own base."""

from dataclasses import dataclass
from math import hypot, inf

from robot.kinematics import Matrix


@dataclass(frozen=True, slots=True)
class KeepOut:
    """Balls around points of the arm, against the table plane and the arm's own base.

    radii: [k + 1] ball around each point of ``Kinematics.points`` and, last, the fingertips.
    tip_reach: how far the fingertips lie past the tool point along the approach.
    base_radius, base_top: the turntable, a cylinder about the base z axis.
    plate: x from, x to, y from, y to of the base plate; plate_top: its upper face; an arm need
    not have one. table_height: table top. All [m], in the base frame.

    A negative radius lets a point sink in by that much: closed fingertips reach past the tool
    point, and what they touch is soft against a servo that gives by more under load.
    """

    radii: tuple[float, ...]
    tip_reach: float
    base_radius: float
    base_top: float
    table_height: float
    plate: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    plate_top: float = -inf

    def depths(self, points: Matrix) -> tuple[float, float]:
        """Return how deep ``points`` [k, 3] are in the table and in the base [m], 0 outside."""
        rows = points.tolist()
        rows.append(self._fingertips(rows[-2], rows[-1]))
        table = base = 0.0
        for (x, y, z), radius in zip(rows, self.radii, strict=True):
            low = z - radius
            table = max(table, self.table_height - low)
            if low < self.base_top:
                base = max(base, self._base_depth(hypot(x, y), x, y, low, radius))
        return table, base

    def _fingertips(self, before: list[float], tool: list[float]) -> list[float]:
        dx, dy, dz = tool[0] - before[0], tool[1] - before[1], tool[2] - before[2]
        scale = self.tip_reach / (dx * dx + dy * dy + dz * dz) ** 0.5
        return [tool[0] + scale * dx, tool[1] + scale * dy, tool[2] + scale * dz]

    def _base_depth(self, r: float, x: float, y: float, low: float, radius: float) -> float:
        x_from, x_to, y_from, y_to = self.plate
        turntable = min(self.base_top - low, self.base_radius + radius - r)
        beside = min(x - x_from, x_to - x, y - y_from, y_to - y) + radius
        return max(turntable, min(self.plate_top - low, beside))
