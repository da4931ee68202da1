import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robot.command import ArmState, JointCommand
from robot.errors import CommandRefusedError
from robot.limits import SafetyLimits
from robot.model import load_arm
from robot.pose import tool_pose

MODEL = load_arm("dofbot")
OPEN = MODEL.gripper.max_opening
BENT = np.array([0.0, 0.3, 1.0, 1.0, 0.0])  # jaws forward and down, well above the table
FLAT = np.array([0.0, 1.2, 1.2, 0.6, 0.0])  # fingertips far below the table
BACK = np.array([0.0, -1.2, -1.2, -0.6, 0.0])  # over the base plate, fingertips below it


def at(positions: np.ndarray, gripper: float = OPEN) -> ArmState:
    return ArmState(positions, np.zeros(MODEL.n), gripper, 0.0)


def depths(positions: np.ndarray) -> tuple[float, float]:
    return MODEL.keep_out.depths(MODEL.kinematics.points(positions))


def poses(spread: float = 1.0) -> st.SearchStrategy[np.ndarray]:
    joints = [
        st.floats(spread * low, spread * high)
        for low, high in zip(MODEL.lower.tolist(), MODEL.upper.tolist(), strict=True)
    ]
    return st.tuples(*joints).map(np.array)


def test_a_harmless_command_passes_untouched() -> None:
    command = JointCommand(MODEL.home + 0.1, 0.03)
    admission = SafetyLimits(MODEL).admit(command, at(MODEL.home))
    assert admission.command is command
    assert admission.clamped == ()


@pytest.mark.parametrize("size", [0, 4, 6])
def test_a_wrong_joint_count_is_refused_with_both_numbers(size: int) -> None:
    with pytest.raises(CommandRefusedError, match=rf"{size} joint positions.* 5 joints"):
        SafetyLimits(MODEL).admit(JointCommand(np.zeros(size), 0.03), at(MODEL.home))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused(bad: float) -> None:
    limits = SafetyLimits(MODEL)
    for joint in range(MODEL.n):
        positions = np.zeros(MODEL.n)
        positions[joint] = bad
        with pytest.raises(CommandRefusedError, match="not finite"):
            limits.admit(JointCommand(positions, 0.03), at(MODEL.home))
    with pytest.raises(CommandRefusedError, match="not finite"):
        limits.admit(JointCommand(MODEL.home, bad), at(MODEL.home))


def test_opposite_infinities_are_refused() -> None:
    with pytest.raises(CommandRefusedError):
        positions = np.array([np.inf, -np.inf, 0.0, 0.0, 0.0])
        SafetyLimits(MODEL).admit(JointCommand(positions, 0.03), at(MODEL.home))


@pytest.mark.parametrize("measured", [np.full(5, np.nan), np.zeros(4)])
def test_nothing_is_safe_from_an_unknown_pose(measured: np.ndarray) -> None:
    with pytest.raises(CommandRefusedError, match="measured pose"):
        SafetyLimits(MODEL).admit(JointCommand(MODEL.home, 0.03), at(measured))


@pytest.mark.parametrize("joint", range(5))
def test_each_joint_is_clamped_to_its_own_limit_and_named(joint: int) -> None:
    positions = np.zeros(MODEL.n)
    positions[joint] = 10.0
    limits = SafetyLimits(MODEL, first_jump=100.0, keep_out=False)
    admission = limits.admit(JointCommand(positions, 0.03), at(MODEL.home))
    assert admission.clamped == (f"joint{joint + 1} position",)
    assert admission.command.positions[joint] == MODEL.upper[joint]
    assert not np.delete(admission.command.positions, joint).any()


@pytest.mark.parametrize(
    ("asked", "allowed"), [(1.0, MODEL.gripper.max_opening), (-1.0, MODEL.gripper.min_opening)]
)
def test_the_gripper_is_clamped_to_what_it_can_open(asked: float, allowed: float) -> None:
    admission = SafetyLimits(MODEL).admit(JointCommand(MODEL.home, asked), at(MODEL.home))
    assert admission.clamped == ("gripper",)
    assert admission.command.gripper == allowed


def test_a_far_target_is_approached_along_the_straight_joint_line() -> None:
    target = MODEL.home + np.array([1.2, 0.3, -0.6, 0.0, 0.9])
    admission = SafetyLimits(MODEL, first_jump=0.6).admit(
        JointCommand(target, 0.03), at(MODEL.home)
    )
    assert admission.clamped == ("first jump",)
    np.testing.assert_allclose(admission.command.positions, 0.5 * target, atol=1e-12)
    assert admission.command.gripper == 0.03


def test_a_command_into_the_table_stops_at_its_surface() -> None:
    limits = SafetyLimits(MODEL, first_jump=10.0)
    admission = limits.admit(JointCommand(FLAT, OPEN), at(BENT))
    assert admission.clamped == ("table keep-out",)
    table, base = depths(admission.command.positions)
    assert (table, base) == (0.0, 0.0)
    deeper = admission.command.positions + 1e-3 * (FLAT - BENT)
    assert depths(deeper)[0] > 0.0, "stopped well before the surface"


def test_a_command_into_the_own_base_stops_before_it() -> None:
    folded = np.array([0.0, 1.4, 1.5, 1.4, 0.0])
    limits = SafetyLimits(MODEL, first_jump=10.0)
    admission = limits.admit(JointCommand(folded, OPEN), at(np.array([0.0, 0.0, 1.5, 1.5, 0.0])))
    assert "base keep-out" in admission.clamped
    assert depths(admission.command.positions) == (0.0, 0.0)


def test_the_camera_bracket_is_kept_off_the_plate() -> None:
    reaching_back = np.array([0.0, -1.5, -0.9, 0.75, 0.0])
    names = ("shoulder", "elbow", "wrist", "camera", "roll", "tool")
    points = dict(zip(names, MODEL.kinematics.points(reaching_back), strict=True))
    lowest = min(points, key=lambda name: points[name][2])
    assert lowest == "camera"
    assert depths(reaching_back)[1] > 0.0


def test_keep_outs_can_be_switched_off() -> None:
    limits = SafetyLimits(MODEL, first_jump=10.0, keep_out=False)
    assert limits.admit(JointCommand(FLAT, OPEN), at(BENT)).clamped == ()


def test_an_arm_inside_a_keep_out_may_leave_but_not_go_deeper() -> None:
    out, inside = BENT, BENT + 0.62 * (FLAT - BENT)
    deeper = BENT + 0.7 * (FLAT - BENT)
    assert 0.0 < depths(inside)[0] < depths(deeper)[0]
    limits = SafetyLimits(MODEL)
    refused = limits.admit(JointCommand(deeper, OPEN), at(inside))
    assert refused.clamped == ("table keep-out",)
    assert depths(refused.command.positions)[0] <= depths(inside)[0]
    shallower = inside + 0.1 * (out - inside)
    assert limits.admit(JointCommand(shallower, OPEN), at(inside)).clamped == ()


def test_a_sagging_arm_does_not_creep_into_the_table() -> None:
    """Servos hold 5 mm below their target; the sender keeps asking for more depth."""
    limits, measured = SafetyLimits(MODEL), BENT
    sag = np.array([0.0, 0.02, 0.0, 0.0, 0.0])
    for _ in range(50):
        allowed = limits.admit(JointCommand(FLAT, OPEN), at(measured)).command.positions
        measured = allowed + sag
    assert depths(measured)[0] > 0.0, "this test needs an arm that sags into the table"
    assert depths(allowed) == (0.0, 0.0)


def test_an_arm_carried_into_a_keep_out_may_leave_it() -> None:
    limits = SafetyLimits(MODEL)
    limits.admit(JointCommand(BENT, OPEN), at(BENT))
    inside = BENT + 0.9 * (FLAT - BENT)
    shallower = inside + 0.05 * (BENT - inside)
    assert depths(shallower)[0] > 0.0
    admission = limits.admit(JointCommand(shallower, OPEN), at(inside))
    assert admission.clamped == ()


@pytest.mark.parametrize("opening", [0.026, 0.062])
def test_grasping_a_block_on_the_table_is_not_hindered(opening: float) -> None:
    """The whole spawn area, down to a tool point 12 mm above the table."""
    zone, limits = MODEL.grasp, SafetyLimits(MODEL)
    q = MODEL.home
    for x in np.linspace(-0.5, 0.5, 5) * zone.area_size[0] + zone.area_centre[0]:
        for y in np.linspace(-0.5, 0.5, 5) * zone.area_size[1] + zone.area_centre[1]:
            z = MODEL.table_height + 0.012
            q = MODEL.kinematics.inverse(tool_pose(x, y, z, zone.tilt(x, y, z), 0.0), q)
            assert limits.admit(JointCommand(q, opening), at(q)).clamped == ()


def test_an_arm_that_got_out_of_a_keep_out_may_not_go_back() -> None:
    deep, shallow = (BENT + part * (FLAT - BENT) for part in (0.7, 0.62))
    assert 0.0 < depths(shallow)[0] < depths(deep)[0]
    limits = SafetyLimits(MODEL)
    assert limits.admit(JointCommand(shallow, OPEN), at(deep)).clamped == ()
    back = limits.admit(JointCommand(deep, OPEN), at(deep))
    assert back.clamped == ("table keep-out",)
    assert depths(back.command.positions)[0] <= depths(shallow)[0]


def test_an_arm_measured_beyond_a_joint_limit_is_sent_back_inside() -> None:
    """The first jump leaves most of the line, which starts beyond joint 1's limit."""
    measured = np.array([MODEL.upper[0] + 0.05, 0.0, 0.0, 0.0, 0.0])
    target = np.array([MODEL.upper[0], 0.0, 0.0, 0.0, 1.5])
    allowed = SafetyLimits(MODEL).admit(JointCommand(target, OPEN), at(measured)).command
    assert allowed.positions[0] <= MODEL.upper[0]


@given(poses(spread=1.5), poses(), st.floats(-0.1, 0.1))
def test_whatever_is_asked_the_answer_is_safe(
    asked: np.ndarray, measured: np.ndarray, gripper: float
) -> None:
    admission = SafetyLimits(MODEL).admit(JointCommand(asked, gripper), at(measured))
    allowed = admission.command
    assert (allowed.positions >= MODEL.lower).all() and (allowed.positions <= MODEL.upper).all()
    assert MODEL.gripper.min_opening <= allowed.gripper <= MODEL.gripper.max_opening
    assert np.abs(allowed.positions - measured).max() <= 0.6 + 1e-12
    for after, before in zip(depths(allowed.positions), depths(measured), strict=True):
        assert after <= before + 1e-12
    changed = (allowed.positions != asked).any() or allowed.gripper != gripper
    assert bool(admission.clamped) == changed


@given(st.lists(poses(), min_size=2, max_size=12))
def test_an_arm_that_starts_outside_is_never_sent_inside(targets: list[np.ndarray]) -> None:
    limits, measured = SafetyLimits(MODEL), MODEL.home
    for target in targets:
        measured = limits.admit(JointCommand(target, OPEN), at(measured)).command.positions
        assert depths(measured) == (0.0, 0.0)
