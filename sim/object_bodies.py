"""Bodies of objects in a PyBullet world."""

from sim.bullet import pybullet
from sim.objects import GraspObject
from sim.world import BodyPose, World

COLOURS = (
    (0.85, 0.20, 0.18, 1.0),
    (0.20, 0.45, 0.75, 1.0),
    (0.25, 0.62, 0.35, 1.0),
    (0.90, 0.62, 0.15, 1.0),
    (0.55, 0.35, 0.65, 1.0),
)
SPINNING = 0.002  # [m] friction about a contact's normal, as of blocks
_KINDS = {"box": pybullet.GEOM_BOX, "cylinder": pybullet.GEOM_CYLINDER}


class ObjectBodies:
    """Makes bodies of objects; the shapes of each are made once, since PyBullet keeps them."""

    def __init__(self, world: World) -> None:
        """Make them in ``world``."""
        self._call = {"physicsClientId": world.client}
        self._shapes: dict[int, tuple[int, int]] = {}

    def add(
        self,
        thing: GraspObject,
        pose: BodyPose,
        density: float,
        friction: float,
        colour: int,
    ) -> int:
        """Add ``thing`` with its centre of mass at ``pose`` and return its body id.

        density: [kg/m³]; colour: which one.
        """
        collision, visual = self._shapes_of(thing)
        body: int = pybullet.createMultiBody(
            density * thing.volume, collision, visual, *pose, **self._call
        )
        pybullet.changeDynamics(
            body,
            -1,
            lateralFriction=friction,
            spinningFriction=SPINNING,
            localInertiaDiagonal=(density * thing.inertia).tolist(),
            **self._call,
        )
        pybullet.changeVisualShape(body, -1, rgbaColor=COLOURS[colour % len(COLOURS)], **self._call)
        return body

    def _shapes_of(self, thing: GraspObject) -> tuple[int, int]:
        """Return collision and visual shape of ``thing``, whose origin is its centre of mass."""
        if thing.number not in self._shapes:
            parts = thing.parts
            sizes = {
                "shapeTypes": [_KINDS[part.kind] for part in parts],
                "halfExtents": [[side / 2 for side in part.size] for part in parts],
                "radii": [part.size[0] / 2 for part in parts],
                "lengths": [part.size[2] for part in parts],
            }
            centres = [(part.centre - thing.centre).tolist() for part in parts]
            collision = pybullet.createCollisionShapeArray(
                **sizes, collisionFramePositions=centres, **self._call
            )
            visual = pybullet.createVisualShapeArray(
                **sizes, visualFramePositions=centres, **self._call
            )
            self._shapes[thing.number] = collision, visual
        return self._shapes[thing.number]
