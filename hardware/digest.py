"""A short digest of an arm's description, to tell whether two machines mean the same arm."""

import hashlib

from robot.model import ArmModel


def model_digest(model: ArmModel) -> str:
    """Return 16 hex digits over everything that gives a joint command its meaning.

    Covers names, limits, home, rest, jaws, keep-outs, table and the URDF's bytes. Values are
    taken as ``float.hex`` or ``repr``, both exact, so equal models agree on every machine.
    """
    digest = hashlib.sha256("\n".join((model.name, *model.joints)).encode())
    vectors = (model.lower, model.upper, model.max_velocity, model.max_acceleration)
    for vector in (*vectors, model.home, model.rest):
        digest.update(",".join(value.hex() for value in vector.tolist()).encode())
    digest.update(repr((model.gripper, model.keep_out, model.table_height)).encode())
    digest.update(model.urdf.path.read_bytes())
    return digest.hexdigest()[:16]
