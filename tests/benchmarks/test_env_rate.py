from benchmarks import env_rate, env_rate_clutter, env_rate_depth


def test_most_of_the_time_goes_to_physics() -> None:
    figures = env_rate.run(episodes=3)
    assert figures["fraction_of_raw"] > 0.6
    assert figures["steps_per_s"] < figures["raw_steps_per_s"]


def test_the_parts_of_a_step_with_a_picture_make_up_the_whole() -> None:
    figures = env_rate_depth.run(episodes=3)
    parts = figures["physics_us"] + figures["rendering_us"] + figures["rest_us"]
    assert 0.5 < parts * figures["steps_per_s"] / 1e6 < 2.0
    assert figures["rest_us"] < figures["physics_us"] + figures["rendering_us"]


def test_clutter_is_measured_beside_one_block() -> None:
    figures = env_rate_clutter.run(episodes=1)
    ratio = figures["steps_per_s"] / figures["steps_per_s_one_block"]
    assert abs(figures["ratio"] - ratio) < 1e-9
    assert 0.0 < figures["reset_ms_one_block"] < 1e3 * 150 / figures["steps_per_s_one_block"]
