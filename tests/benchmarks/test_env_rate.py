from benchmarks.env_rate import run


def test_most_of_the_time_goes_to_physics() -> None:
    figures = run(episodes=3)
    assert figures["fraction_of_raw"] > 0.6
    assert figures["steps_per_s"] < figures["raw_steps_per_s"]
