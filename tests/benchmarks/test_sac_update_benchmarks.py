import pytest

from benchmarks import sac_update, sac_update_depth


@pytest.mark.parametrize("benchmark", [sac_update, sac_update_depth])
def test_a_gradient_step_is_raced_against_the_peer_or_says_why_not(benchmark):
    figures = benchmark.run(threads=1, rounds=1, steps=1)
    assert figures["ours_ms"] > 0
    if figures["peer_ms"] is None:
        assert "pip install" in figures["missing"]
        assert figures["speedup_vs_peer"] is None
    else:
        assert figures["speedup_vs_peer"] == figures["peer_ms"] / figures["ours_ms"]
