"""What the figures of the gap are called to people, in the order and groups they are shown in."""

from collections.abc import Mapping

from cli.gap_statistics import Figure

PERCENT, POINTS, MM, DEG, MS = "%", "points", "mm", "deg", "ms"
UNKNOWN = "–"

GROUPS: dict[str, dict[str, tuple[str, str]]] = {
    "Success": {
        "success_simulation": ("grasped in simulation", PERCENT),
        "success_table": ("grasped on the table", PERCENT),
        "success_lost": ("lost from simulation to table", POINTS),
    },
    "Arm and twin": {
        "tool_apart_rms_mm": ("tools apart, rms", MM),
        "tool_apart_max_mm": ("tools apart, greatest", MM),
        "joints_apart_rms_deg": ("joints apart, rms", DEG),
        "joints_apart_max_deg": ("joints apart, greatest", DEG),
    },
    "Perception": {
        "block_error_median_mm": ("block seen off, median", MM),
        "block_error_p95_mm": ("block seen off, p95", MM),
        "block_bias_x_mm": ("seen off along x, mean", MM),
        "block_bias_y_mm": ("seen off along y, mean", MM),
        "block_bias_z_mm": ("seen off along z, mean", MM),
        "heading_error_median_deg": ("heading seen off, median", DEG),
        "laid_apart_median_mm": ("seen from where to lay it, median", MM),
        "block_std_median_mm": ("deviation it claims, median", MM),
        "look_scatter_median_mm": ("scatter of single looks, median", MM),
        "block_height_median_mm": ("seen above nominal height, median", MM),
        "tool_miss_simulation_median_mm": ("tool off block, simulated, median", MM),
        "tool_miss_simulation_p95_mm": ("tool off block, simulated, p95", MM),
        "tool_miss_table_median_mm": ("tool off block, table, median", MM),
        "tool_miss_table_p95_mm": ("tool off block, table, p95", MM),
    },
    "Timing": {
        "period_p50_ms": ("control period, median", MS),
        "period_p99_ms": ("control period, p99", MS),
        "late_periods": ("periods of more work than time", PERCENT),
        "round_trip_median_ms": ("command and its answer, median", MS),
        "round_trip_p95_ms": ("command and its answer, p95", MS),
        "locating_median_ms": ("locating in a picture, median", MS),
        "locating_p95_ms": ("locating in a picture, p95", MS),
        "picture_delay_median_ms": ("picture to place of block, median", MS),
        "picture_delay_p95_ms": ("picture to place of block, p95", MS),
        "picture_age_median_ms": ("age of picture acted on, median", MS),
        "picture_age_p95_ms": ("age of picture acted on, p95", MS),
    },
}

_JOINT_KINDS = {"rms": "rms", "max": "greatest"}
_DIGITS = {MM: 2, DEG: 2, MS: 1}


def joint_name(number: int, kind: str) -> str:
    """Return the name of the figure of joint ``number``, from 1, of ``kind`` rms or max."""
    return f"joint_{number}_apart_{kind}_deg"


def named(group: str, joints: int) -> dict[str, tuple[str, str]]:
    """Return words and unit of each figure of ``group``, for an arm with so many ``joints``."""
    names = dict(GROUPS[group])
    if group == "Arm and twin":
        for number in range(1, joints + 1):
            for kind, words in _JOINT_KINDS.items():
                names[joint_name(number, kind)] = (f"joint {number} apart, {words}", DEG)
    return names


def shown(value: float, unit: str, sign: bool = False) -> str:
    """Return ``value`` with its unit; sign: of a difference, also where it is not negative."""
    word = POINTS if sign and unit == PERCENT else unit
    return f"{_number(value, unit, sign)} {word}"


def shown_interval(figure: Figure, unit: str) -> str:
    """Return the interval of ``figure`` in words."""
    if figure.interval is None:
        return UNKNOWN
    low, high = (_number(end, unit) for end in figure.interval)
    return f"{low} to {high} {unit}"


def shown_count(figures: Mapping[str, Figure], name: str) -> str:
    """Return "8 of 10" for the rate ``name``; "" if it is not known."""
    figure = figures.get(name)
    return "" if figure is None else f"{round(figure.value * figure.count)} of {figure.count}"


def _number(value: float, unit: str, sign: bool = False) -> str:
    scale, digits = (100.0, 0) if unit in (PERCENT, POINTS) else (1.0, _DIGITS[unit])
    rounded = round(scale * value, digits) + 0.0  # or zero would have a sign
    return f"{rounded:{'+' if sign else ''}.{digits}f}"
