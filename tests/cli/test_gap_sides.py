"""What is timed of an arm's server before grasps are compared."""

from collections.abc import Iterator

import pytest
from camera_server import TestCamera, camera_server

from cli.arms import Cell
from cli.gap_sides import TRIPS, round_trips
from hardware.remote_arm import RemoteArm
from robot.kinematic_arm import KinematicArm
from robot.mirror import MirroredArm
from robot.model import load_arm

pytestmark = pytest.mark.real_time

MODEL = load_arm("dofbot")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with TestCamera() as frames, camera_server(frames) as url:
        yield url


@pytest.mark.parametrize(("time_to_live_s", "timed"), [(0.2, TRIPS), (-1.0, 0)])
def test_commands_that_come_too_late_are_not_timed_and_end_nothing(
    url: str, time_to_live_s: float, timed: int
) -> None:
    remote = RemoteArm(url, keys=None, time_to_live_s=time_to_live_s)
    with MirroredArm(remote, KinematicArm(MODEL)) as pair:
        trips = round_trips(Cell(pair, None, pair))
    assert timed - 3 <= len(trips) <= timed  # a busy machine may be late by itself
    assert all(0.0 < trip < 1.0 for trip in trips)
