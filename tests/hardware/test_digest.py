from dataclasses import replace

import pytest
from rig import MODEL

from hardware.digest import model_digest


@pytest.mark.parametrize(
    "changed",
    [
        replace(MODEL, table_height=MODEL.table_height + 0.001),
        replace(MODEL, keep_out=replace(MODEL.keep_out, plate_top=0.02)),
        replace(MODEL, rest=MODEL.home + 0.1),
        replace(MODEL, gripper=replace(MODEL.gripper, offset=0.02)),
    ],
    ids=["table", "keep-out", "rest", "jaws"],
)
def test_a_difference_that_matters_for_safety_shows(changed):
    assert model_digest(changed) != model_digest(MODEL) == model_digest(replace(MODEL))
