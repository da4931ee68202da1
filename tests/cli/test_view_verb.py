import av
import pytest


@pytest.mark.parametrize("name", ["grasp.mp4", "grasp.png"])
def test_a_grasp_can_be_seen_without_a_display(twinarm, tmp_path, name):
    told = twinarm("view", "--out", name)
    assert told.returncode == 0, told.stderr
    assert "grasped" in told.stderr
    with av.open(str(tmp_path / name)) as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert pictures[0].shape == (480, 640, 3)
    assert pictures[0].std() > 20
    assert len(pictures) > 100 or name.endswith(".png")
