import json

import pytest


@pytest.mark.slow
def test_the_demo_trains_proves_drives_two_arms_and_reports(twinarm, tmp_path):
    told = twinarm("demo", "--steps", "4800", "--episodes", "20", "--grasps", "1", timeout=300)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "two arms      1 of 1 grasps" in told.stdout
    (folder,) = (tmp_path / "runs").iterdir()
    assert json.loads((folder / "evaluation.json").read_text())["success_rate"] >= 0.9
    assert (folder / "report.html").read_text().count("<svg") == 3
    assert not list(folder.rglob("*.key"))
