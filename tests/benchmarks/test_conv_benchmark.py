from benchmarks.conv import run


def test_conv_measures_ours_and_the_floor_and_the_peer_or_says_why_not():
    figures = run(threads=1, rounds=1, steps=1)
    assert figures["ours_ms"] > 0
    assert figures["floor_ms"] > 0
    if figures["peer_ms"] is None:
        assert "pip install" in figures["missing"]
        assert figures["speedup_vs_peer"] is None
    else:
        assert figures["speedup_vs_peer"] == figures["peer_ms"] / figures["ours_ms"]
