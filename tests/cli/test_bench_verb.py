import json

import pytest

FIGURES = {
    "env-rate": {"steps_per_s", "raw_steps_per_s", "fraction_of_raw"},
    "env-rate-depth": {"steps_per_s", "steps_per_s_randomized", "physics_us", "rendering_us"},
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_benchmark_prints_its_figures_as_json(twinarm, name):
    told = twinarm("bench", name, "--json")
    assert told.returncode == 0, told.stderr
    printed = json.loads(told.stdout)
    assert printed["name"] == name
    assert printed["figures"].keys() >= FIGURES[name]


@pytest.mark.parametrize("option", [("--no-peers",), ("--seeds", "0"), ("--patience", "2")])
def test_an_option_of_a_race_is_refused_for_another_benchmark(twinarm, option):
    told = twinarm("bench", "env-rate", *option)
    assert told.returncode != 0
    assert "only time-to-success and time-to-success-depth" in told.stderr
