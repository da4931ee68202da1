import numpy as np

from robot.kinematics import Kinematics


def numeric_jacobian(kinematics: Kinematics, q: np.ndarray, step: float = 1e-6) -> np.ndarray:
    """Return the geometric Jacobian [6, n] by central differences of ``forward``."""
    numeric = np.empty((6, len(q)))
    rotation = kinematics.forward(q)[:3, :3]
    for joint in range(len(q)):
        ahead, behind = q.copy(), q.copy()
        ahead[joint] += step
        behind[joint] -= step
        change = (kinematics.forward(ahead) - kinematics.forward(behind)) / (2 * step)
        spin = change[:3, :3] @ rotation.T
        numeric[:3, joint] = change[:3, 3]
        numeric[3:, joint] = spin[2, 1], spin[0, 2], spin[1, 0]
    return numeric
