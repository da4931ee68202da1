import pytest

from benchmarks.teleop import run

pytestmark = pytest.mark.real_time


@pytest.mark.slow
@pytest.mark.usefixtures("model_files")
def test_a_person_in_a_clip_is_followed_all_the_way_to_each_arm() -> None:
    figures = run(seconds=3.0, rounds=1)
    for kind in ("", "mirrored_", "tool_"):
        assert 0.0 < figures[f"{kind}person_ms"] < figures[f"{kind}p99_ms"] < 1000.0
        assert 0.0 < figures[f"{kind}following"] <= 1.0
        assert figures[f"{kind}pictures_hz"] < 31.0 and figures[f"{kind}rate_hz"] > 10.0
