"""What a look at a picture found, in words for people and as JSON for programs."""

import json
from typing import Any

import numpy as np

from perception.locate import Look, Sighting
from perception.table_plane import TablePlane
from perception.tracker import Track

_FRAMES = {True: "base", False: "camera"}


def words(look: Look, in_base: bool, table: TablePlane | None = None) -> list[str]:
    """Return a line for each target and each remark; in_base: whose frame the tracks are in.

    table: from which heights are told too, where it is known.
    """
    lines = [
        _target_words(name, track, look.sightings.get(name), in_base, table)
        for name, track in look.tracks.items()
    ]
    return [*lines, *(f"  {remark}" for remark in look.remarks)]


def as_json(look: Look, in_base: bool, table: TablePlane | None = None) -> str:
    """Return one line: what is seen and where it is thought to be, as ``words`` does.

    Lengths are in metres, angles in radians; covariances are of shift and turn along the axes of
    the frame that is named.
    """
    targets = {
        name: _target_json(track, look.sightings.get(name), table)
        for name, track in look.tracks.items()
    }
    whole = {
        "stamp": look.stamp,
        "frame": _FRAMES[in_base],
        "targets": targets,
        "remarks": list(look.remarks),
    }
    return json.dumps(whole)


def _target_words(
    name: str, track: Track, sighting: Sighting | None, in_base: bool, table: TablePlane | None
) -> str:
    x, y, z = 1e3 * track.pose[:3, 3]
    turn = f"  yaw {_yaw(track):+6.1f} deg" if in_base else ""
    place = f"{name}: x {x:+7.1f}  y {y:+7.1f}  z {z:+7.1f}"
    line = f"{place} ±{1e3 * track.position_std:.1f} mm{turn}  in the {_FRAMES[in_base]}'s frame"
    if table is not None:
        line += f", {1e3 * _above(track, table):.1f} mm above the table"
    if sighting is None:
        lost = "lost" if track.lost else "unseen"
        return f"{line}; {lost} for {track.unseen:.1f} s"
    faces = f"marker{'s' * (len(sighting.faces) > 1)} {' '.join(map(str, sighting.faces))}"
    doubt = "" if sighting.other is None else "; it may as well be tilted the other way"
    return f"{line}; {faces}, {sighting.reprojection:.2f} px{doubt}"


def _yaw(track: Track) -> float:
    """Return how far the target's x axis is turned about the base's z axis [deg]."""
    return float(np.degrees(np.arctan2(track.pose[1, 0], track.pose[0, 0])))


def _above(track: Track, table: TablePlane) -> float:
    """Return how far the target's middle is above the table [m]."""
    x, y, z = track.pose[:3, 3]
    return float(z) - table.height(x, y)


def _target_json(
    track: Track, sighting: Sighting | None, table: TablePlane | None
) -> dict[str, Any]:
    return {
        "pose": track.pose.tolist(),
        "covariance": track.covariance.tolist(),
        "position_std": track.position_std,
        "above_table": None if table is None else _above(track, table),
        "unseen_s": track.unseen,
        "lost": track.lost,
        "sighting": None if sighting is None else _sighting_json(sighting),
    }


def _sighting_json(sighting: Sighting) -> dict[str, Any]:
    return {
        "T_camera_target": sighting.T_camera_target.tolist(),
        "covariance": sighting.covariance.tolist(),
        "reprojection_px": sighting.reprojection,
        "markers": list(sighting.faces),
        "other": None if sighting.other is None else sighting.other.tolist(),
    }
