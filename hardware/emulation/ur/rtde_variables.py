"""The variables of RTDE that the emulated controller has, and their types."""

from hardware.emulation.ur.rtde_frames import FORMATS, Value

REGISTERS = 48
"""General purpose registers of each type and direction."""

_STATE = {
    "timestamp": "DOUBLE",
    "target_q": "VECTOR6D",
    "target_qd": "VECTOR6D",
    "actual_q": "VECTOR6D",
    "actual_qd": "VECTOR6D",
    "robot_mode": "INT32",
    "safety_mode": "INT32",
    "robot_status_bits": "UINT32",
    "safety_status_bits": "UINT32",
    "runtime_state": "UINT32",
    "speed_scaling": "DOUBLE",
    "target_speed_fraction": "DOUBLE",
}


def _registers(direction: str) -> dict[str, str]:
    return {
        f"{direction}_{kind}_register_{i}": {"int": "INT32", "double": "DOUBLE"}[kind]
        for kind in ("int", "double")
        for i in range(REGISTERS)
    }


OUTPUTS = {**_STATE, **_registers("output")}
"""What a client may read, and as what."""
INPUTS = {**_registers("input"), "external_force_torque": "VECTOR6D"}
"""What a client may write, and as what; only one client may write each."""


def zeros(variables: dict[str, str]) -> dict[str, Value]:
    """Return a zero for every variable."""
    counts = {name: int(FORMATS[kind][:-1] or 1) for name, kind in variables.items()}
    return {name: 0 if count == 1 else (0.0,) * count for name, count in counts.items()}
