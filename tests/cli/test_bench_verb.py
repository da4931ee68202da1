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


RACES = "only time-to-success and time-to-success-depth take it"
SEEDED = "only time-to-success, time-to-success-depth and panda-gym take it"


@pytest.mark.parametrize(
    ("option", "takers"),
    [
        (("--no-peers",), SEEDED),
        (("--seeds", "0"), SEEDED),
        (("--patience", "2"), RACES),
        (("--seconds", "5"), "only soak, bridge and teleop take it"),
        (("--seconds", "0"), "must be above 0"),
        (("--minutes", "5"), "only panda-gym take it"),
        (("--minutes", "-1"), "must be above 0"),
    ],
)
def test_an_option_of_another_benchmark_is_refused(twinarm_here, option, takers):
    told = twinarm_here("bench", "env-rate", *option)
    assert told.returncode == 2
    assert takers in told.stderr
