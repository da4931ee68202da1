"""What the figures of the gap are called to people, in the order and groups they are shown in."""

from collections.abc import Mapping

from cli.gap_statistics import Figure

PERCENT, POINTS, MM, DEG, MS, COUNT = "%", "points", "mm", "deg", "ms", ""
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
        "block_error_median_mm": ("block seen from where it is, median", MM),
        "block_error_p95_mm": ("block seen from where it is, 95th percentile", MM),
        "block_bias_x_mm": ("mean of that along x", MM),
        "block_bias_y_mm": ("mean of that along y", MM),
        "block_bias_z_mm": ("mean of that along z", MM),
        "heading_error_median_deg": ("heading of the block, median error", DEG),
        "laid_apart_median_mm": ("block seen from where it was asked to be laid, median", MM),
        "block_std_median_mm": ("standard deviation that the camera claims, median", MM),
        "look_scatter_median_mm": ("single looks about their mean, rms, median", MM),
        "block_height_median_mm": ("block seen above where the table has it, median", MM),
        "tool_miss_simulation_median_mm": ("tool beside the block as jaws close, simulated", MM),
        "tool_miss_simulation_p95_mm": ("that, 95th percentile", MM),
        "tool_miss_table_median_mm": ("tool beside the block as jaws close, on the table", MM),
        "tool_miss_table_p95_mm": ("that, 95th percentile", MM),
    },
    "Timing": {
        "period_p50_ms": ("control period, median", MS),
        "period_p99_ms": ("control period, 99th percentile", MS),
        "overruns": ("control periods that came late", COUNT),
        "round_trip_median_ms": ("command to the arm and back, median", MS),
        "round_trip_p95_ms": ("command to the arm and back, 95th percentile", MS),
        "locating_median_ms": ("locating the block in a picture, median", MS),
        "locating_p95_ms": ("locating the block in a picture, 95th percentile", MS),
        "picture_delay_median_ms": ("from a picture to knowing what it shows, median", MS),
        "picture_delay_p95_ms": ("from a picture to knowing what it shows, 95th percentile", MS),
        "picture_age_median_ms": ("age of the picture that the policy acts on, median", MS),
        "picture_age_p95_ms": ("age of the picture that the policy acts on, 95th percentile", MS),
    },
}

_JOINT_KINDS = {"rms": "rms", "max": "greatest"}
_DIGITS = {MM: 2, DEG: 2, MS: 1, COUNT: 0}


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
    """Return ``value`` with its unit; sign: also where it is not negative."""
    plus = "+" if sign else ""
    if unit in (PERCENT, POINTS):
        return f"{100.0 * value:{plus}.0f} {POINTS if sign else unit}"
    return f"{value:{plus}.{_DIGITS[unit]}f} {unit}".rstrip()


def shown_interval(figure: Figure, unit: str) -> str:
    """Return the interval of ``figure`` in words."""
    if figure.interval is None:
        return UNKNOWN
    low, high = (shown(end, unit) for end in figure.interval)
    return f"{low} to {high}"


def shown_count(successes: Mapping[str, Figure], name: str) -> str:
    """Return "8 of 10" for the rate ``name``; "" if it is not known."""
    figure = successes.get(name)
    return "" if figure is None else f"{round(figure.value * figure.count)} of {figure.count}"
