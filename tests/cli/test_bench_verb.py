import json

import pytest

FIGURES = {
    "env-rate": {"steps_per_s", "raw_steps_per_s", "fraction_of_raw"},
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_benchmark_prints_its_figures_as_json(twinarm, name):
    told = twinarm("bench", name, "--json")
    assert told.returncode == 0, told.stderr
    printed = json.loads(told.stdout)
    assert printed["name"] == name
    assert printed["figures"].keys() >= FIGURES[name]
