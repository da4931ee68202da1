import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robot.errors import ModelError
from robot.link_chain import LinkChain, mount_of
from robot.model import load_arm

MODEL = load_arm("dofbot")
SHARES = st.lists(st.floats(0, 1), min_size=MODEL.n, max_size=MODEL.n).map(np.array)


def pose_at(share):
    return MODEL.lower + share * (MODEL.upper - MODEL.lower)


@settings(max_examples=30, deadline=None)
@given(SHARES)
def test_the_tool_is_where_the_closed_form_has_it(share):
    q = pose_at(share)
    tool = LinkChain(MODEL, "tool").pose(q)
    assert np.allclose(tool, MODEL.kinematics.forward(q), atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(SHARES)
def test_the_camera_is_where_the_keep_out_has_it(share):
    q = pose_at(share)
    bracket = MODEL.kinematics.points(q)[3]
    camera = LinkChain(MODEL, "camera").pose(q)[:3, 3]
    assert np.linalg.norm(camera - bracket) < 0.02
    parent, mount = mount_of(MODEL, "camera")
    assert parent == "link4"
    assert np.allclose(LinkChain(MODEL, parent).pose(q) @ mount, LinkChain(MODEL, "camera").pose(q))


@settings(max_examples=20, deadline=None)
@given(SHARES)
def test_points_and_directions_of_the_axes_give_the_jacobian(share):
    q = pose_at(share)
    T_base_tool, points, axes = LinkChain(MODEL, "tool").place(q)
    linear = np.cross(axes, T_base_tool[:3, 3] - points).T
    assert np.allclose(np.vstack([linear, axes.T]), MODEL.kinematics.jacobian(q), atol=1e-9)


def test_the_roll_joint_does_not_move_the_camera():
    chain = LinkChain(MODEL, "camera")
    assert chain.turned_by == (0, 1, 2, 3)
    assert not chain.place(MODEL.home)[2][4].any()


def test_a_link_that_does_not_exist_is_named():
    with pytest.raises(ModelError, match="'hand'"):
        LinkChain(MODEL, "hand")
