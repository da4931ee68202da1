import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marker_pictures import CUBE, LENS, RIM, TAG, at, frame, picture

from perception.cube import FACES, CubeTarget, face_pose
from perception.errors import CalibrationRefusedError, MarkerError
from perception.lens import Lens
from perception.locate import Locator
from perception.overlay import overlay
from perception.rigid import difference, inverse, rotation_of, transform
from perception.square_pose import square_corners
from perception.targets import TagTarget
from sim.textured_scene import face_corners

POSE = at(0.03, -0.02, 0.4, 0.5, 0.3, 0.4)
CUBE_POSE = at(0.02, 0.03, 0.4, 0.5, 0.55, 0.2)


def looked(grey, *targets, lens=LENS, **options):
    return Locator(lens, targets or [TAG], **options).look(frame(grey))


def remark_on(grey, *targets):
    look = looked(grey, *targets)
    assert not look.sightings
    assert len(look.remarks) == 1
    return look.remarks[0]


def test_a_tag_is_located_to_a_millimetre():
    sighting = looked(picture((TAG, POSE))).sightings["tag"]
    shift, turn = difference(sighting.T_camera_target, POSE)
    assert shift < 1e-3
    assert turn < 0.02
    assert sighting.faces == (7,)
    assert sighting.reprojection < 0.3


def test_faces_of_a_cube_make_one_pose_better_than_one_face():
    grey = picture((CUBE, CUBE_POSE))
    whole = looked(grey, CUBE).sightings["cube"]
    assert len(whole.faces) == 3
    one = CubeTarget(ids={"+z": 4})
    part = looked(grey, one).sightings["cube"]
    shift, turn = difference(whole.T_camera_target, CUBE_POSE)
    assert shift < 8e-4
    assert turn < 0.005
    assert np.trace(whole.covariance) < np.trace(part.covariance)
    assert whole.other is None


@given(st.floats(-3.1, 3.1), st.floats(-3.1, 3.1), st.floats(-3.1, 3.1))
@settings(max_examples=15, deadline=None)
def test_a_cube_is_located_however_it_lies(x, y, z):
    pose = transform(rotation_of(np.array([x, y, z]) * 0.57), np.array([0.03, 0.02, 0.35]))
    sighting = looked(picture((CUBE, pose)), CUBE).sightings["cube"]
    if len(sighting.faces) > 1:
        assert difference(sighting.T_camera_target, pose)[0] < 1e-3
        assert difference(sighting.T_camera_target, pose)[1] < 0.02
    else:
        poses = [sighting.T_camera_target, sighting.other]
        assert min(difference(p, pose)[0] for p in poses if p is not None) < 2e-3


def test_the_simulation_draws_a_cube_with_its_faces_as_they_are_looked_for():
    for face, corners in zip(FACES, face_corners(0.030, 0.024), strict=True):
        pose = face_pose(face, 0.030)
        ours = square_corners(0.024) @ pose[:3, :3].T + pose[:3, 3]
        assert np.allclose(ours, corners)


def two_ways():
    """Return a pose of a tag so far away that it may be tilted either way, and the picture."""
    pose = at(0.0, 0.0, 0.75, 0.25, 0.0, 0.0)
    return pose, picture((TAG, pose), noise=4)


def test_both_poses_of_a_small_square_are_told():
    pose, grey = two_ways()
    sighting = looked(grey).sightings["tag"]
    assert sighting.other is not None
    turns = [difference(p, pose)[1] for p in (sighting.T_camera_target, sighting.other)]
    assert min(turns) < 0.2 < max(turns)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_table_tells_which_of_two_poses_it_is(sign):
    pose = at(0.0, 0.0, 0.75, sign * 0.25, 0.0, 0.0)
    grey = picture((TAG, pose), noise=4)
    sighting = looked(grey, T_base_camera=inverse(pose)).sightings["tag"]
    assert sighting.other is None
    assert difference(sighting.T_camera_target, pose)[1] < 0.15


def test_a_pose_of_a_moment_ago_tells_which_of_two_poses_it_is():
    near, far = at(0.0, 0.0, 0.35, 0.25, 0.0, 0.0), two_ways()[1]
    locator = Locator(LENS, [TAG])
    locator.look(frame(picture((TAG, near)), 0.0))
    sighting = locator.look(frame(far, 0.1, 1)).sightings["tag"]
    assert difference(sighting.T_camera_target, near)[1] < 0.2


def half_covered(grey):
    corners = LENS.project(square_corners(TAG.tag) @ POSE[:3, :3].T + POSE[:3, 3])
    covered = grey.copy()
    outline = np.array([corners[0], corners[1], (corners[1] + corners[2]) / 2, corners.mean(0)])
    cv2.fillConvexPoly(covered, cv2.convexHull(outline.astype(np.int32)), 150)
    return covered


def test_a_marker_half_covered_is_not_guessed_at():
    assert "covered in part" in remark_on(half_covered(picture((TAG, POSE))))


def test_a_covered_face_leaves_the_cube_to_the_others():
    grey = picture((CUBE, CUBE_POSE))
    top = (CUBE_POSE @ CUBE.faces[4])[:3, 3]
    x, y = LENS.project(top[None])[0].astype(int)
    cv2.circle(grey, (int(x), int(y)), 12, 150, -1)
    sighting = looked(grey, CUBE).sightings["cube"]
    assert 4 not in sighting.faces
    assert difference(sighting.T_camera_target, CUBE_POSE)[0] < 1.5e-3


@pytest.mark.parametrize("cut", [0.25, 0.5, 0.75])
def test_a_marker_cut_by_the_edge_is_not_guessed_at(cut):
    corners = LENS.project(square_corners(TAG.tag) @ POSE[:3, :3].T + POSE[:3, 3])
    left = int(corners[:, 0].min() + cut * np.ptp(corners[:, 0]))
    grey = picture((TAG, POSE))
    grey[:, : SIZE_X - left] = grey[:, left:].copy()
    grey[:, SIZE_X - left :] = 120
    assert "cut off by the picture's edge" in remark_on(grey)


SIZE_X = 640


@pytest.mark.parametrize("distance", [1.0, 2.0, 4.0])
def test_a_marker_just_inside_the_edge_is_located_as_well(distance):
    half = (TAG.tag / 2 + RIM) * MATRIX_X / 0.4
    pose = at((half + distance - 325) / MATRIX_X * 0.4 * 1.08, 0.0, 0.4)
    look = looked(picture((TAG, pose)))
    for sighting in look.sightings.values():
        assert difference(sighting.T_camera_target, pose)[0] < 3e-3
    assert look.sightings or look.remarks


MATRIX_X = 560.0


@pytest.mark.parametrize("number", range(0, 50, 7))
def test_a_mirrored_picture_is_called_one(number):
    tag = TagTarget(number, 0.030)
    said = remark_on(picture((tag, POSE))[:, ::-1], tag)
    assert "the picture is mirrored" in said
    assert f"marker {number} " in said


def test_no_mirrored_marker_passes_for_another():
    mirror_images_of_themselves = {8, 9, 17, 47}
    for number in range(50):
        tag = TagTarget(number, 0.030)
        locator = Locator(LENS, [tag])
        markers = locator._detector.detect(picture((tag, POSE))[:, ::-1].copy())
        assert {m.id for m in markers} <= {number} & mirror_images_of_themselves


@pytest.mark.parametrize(
    ("contrast", "level", "said"),
    [(0.03, 4, "the picture is dark"), (0.9, 240, "saturated"), (0.04, 120, "no contrast")],
)
def test_bad_light_is_called_so(contrast, level, said):
    bad = contrast * picture((TAG, POSE)) + level
    bad += np.random.default_rng(0).normal(0.0, 2.0, bad.shape)
    assert said in remark_on(np.clip(bad, 0, 255).astype(np.uint8))


def test_a_dim_picture_still_does():
    dim = (picture((TAG, POSE), noise=0.5) * 0.25).astype(np.uint8)
    assert looked(dim).sightings


def test_the_wrong_dictionary_is_named():
    printed = TagTarget(7, 0.030, "DICT_6X6_50")
    said = remark_on(picture((printed, POSE)))
    assert "no marker of DICT_4X4_50 is seen, but marker 7 of DICT_6X6_1000" in said


def test_a_marker_of_another_target_is_named():
    assert "none of the markers 7 is seen, but 9" in remark_on(picture((TagTarget(9, 0.030), POSE)))


def test_two_blocks_with_one_id_are_told_of_and_none_is_taken():
    grey = picture((TAG, at(-0.08, 0, 0.4)), (TAG, at(0.08, 0, 0.4)))
    assert "marker 7 is seen 2 times" in remark_on(grey)


def test_two_cubes_that_show_different_faces_are_told_of_and_none_is_taken():
    up, down = at(-0.06, 0.0, 0.42), at(0.06, 0.0, 0.42, np.pi, 0.0, 0.0)
    said = remark_on(picture((CUBE, up), (CUBE, down)), CUBE)
    assert said.startswith("cube: markers 4, 5 are too far apart for one target")
    assert "two blocks" in said


def test_a_second_block_that_comes_later_is_noticed():
    locator = Locator(LENS, [TAG])
    one, two = (TAG, at(-0.08, 0, 0.4)), (TAG, at(0.08, 0, 0.4))
    assert locator.look(frame(picture(one), 0.0)).sightings
    both = picture(one, two)
    said = [locator.look(frame(both, 0.05 * (i + 1), i + 1)).remarks for i in range(12)]
    assert any("seen 2 times" in remark for remarks in said for remark in remarks)


def test_a_lens_of_another_size_is_refused():
    lens = Lens(LENS.matrix, LENS.distortion, (1280, 720))
    with pytest.raises(CalibrationRefusedError, match="1280x720, but these are 640x480"):
        looked(picture((TAG, POSE)), lens=lens)


@pytest.mark.parametrize("wrong", [{"tag": 0.020}, {"size": 0.040}])
def test_a_cube_configured_in_the_wrong_size_contradicts_itself(wrong):
    said = remark_on(picture((CUBE, CUBE_POSE)), CubeTarget(**wrong))
    assert "contradict each other" in said
    assert "wide" in said
    if "size" in wrong:
        assert "10.0 mm smaller" in said or "9.9 mm smaller" in said


def test_markers_of_one_cube_on_two_things_contradict_each_other():
    top, side = CubeTarget(ids={"+z": 4}), CubeTarget(ids={"-x": 1})
    turned = CUBE_POSE @ transform(rotation_of(np.array([0, 0, 0.3])), np.array([0, -0.01, 0]))
    grey = picture((top, CUBE_POSE), (side, turned))
    assert "contradict each other" in remark_on(grey, CUBE)


@pytest.mark.parametrize("size", [0.0293, 0.0307])
def test_a_cube_that_is_larger_than_meant_is_not_taken_for_a_nearer_one(size):
    grey = picture((CubeTarget(size=size), CUBE_POSE))
    sighting = looked(grey, CUBE).sightings["cube"]
    assert difference(sighting.T_camera_target, CUBE_POSE)[0] < 1e-3
    rigid = looked(grey, CubeTarget(slack=0.0)).sightings["cube"]
    assert difference(rigid.T_camera_target, CUBE_POSE)[0] > 2e-3


def test_a_picture_older_than_the_last_is_left_out():
    locator = Locator(LENS, [TAG])
    locator.look(frame(picture((TAG, POSE)), 5.0, 9))
    late = locator.look(frame(picture((TAG, at(0.1, 0, 0.4))), 4.96, 8))
    assert not late.sightings
    assert "40 ms older than the last" in late.remarks[0]
    assert difference(late.tracks["tag"].pose, POSE)[0] < 1e-3


def test_a_look_near_the_last_place_finds_what_the_whole_picture_has():
    locator, grey = Locator(LENS, [TAG]), picture((TAG, POSE))
    first = locator.look(frame(grey, 0.0)).sightings["tag"]
    second = locator.look(frame(grey, 0.1, 1)).sightings["tag"]
    assert np.allclose(first.T_camera_target, second.T_camera_target, atol=1e-6)


def test_a_tag_that_jumps_out_of_the_last_place_is_found_again():
    locator = Locator(LENS, [TAG])
    locator.look(frame(picture((TAG, at(-0.12, 0, 0.4))), 0.0))
    moved = at(0.12, 0.05, 0.4)
    looks = [locator.look(frame(picture((TAG, moved)), 0.1 * i, i)) for i in (1, 2, 3)]
    assert "not yet believed" in looks[0].remarks[0]
    assert all(difference(look.sightings["tag"].T_camera_target, moved)[0] < 1e-3 for look in looks)
    assert difference(looks[2].tracks["tag"].pose, moved)[0] < 1e-3


def test_a_lost_tag_is_told_with_how_long():
    locator = Locator(LENS, [TAG])
    locator.look(frame(picture((TAG, POSE)), 0.0))
    track = locator.look(frame(picture(), 2.0, 1)).tracks["tag"]
    assert track.lost
    assert track.unseen == pytest.approx(2.0)


def test_tracks_are_in_the_base_frame_where_the_camera_is_known():
    T_base_camera = transform(rotation_of(np.array([2.5, 0.3, 0])), np.array([0.3, 0.1, 0.5]))
    look = looked(picture((TAG, POSE)), T_base_camera=T_base_camera)
    assert difference(look.tracks["tag"].pose, T_base_camera @ POSE)[0] < 1e-3


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        ([], "no target"),
        ([TAG, TagTarget(7, 0.02, name="other")], "the marker 7"),
        ([TAG, TagTarget(8, 0.02)], "the name 'tag'"),
        ([TAG, TagTarget(8, 0.02, "DICT_5X5_50", "other")], "one dictionary"),
    ],
)
def test_targets_that_cannot_be_told_apart_are_refused(targets, said):
    with pytest.raises(MarkerError, match=said):
        Locator(LENS, targets)


def test_the_overlay_draws_on_a_copy_where_the_tag_is():
    shot = frame(picture((TAG, POSE)))
    look = Locator(LENS, [TAG]).look(shot)
    drawn = overlay(shot.image, look, LENS)
    changed = np.argwhere((drawn != shot.image).any(axis=-1))
    x, y = LENS.project(POSE[None, :3, 3])[0]
    assert np.abs(changed - (y, x)).max(axis=1).min() < 3
    assert (shot.image[..., 0] == shot.image[..., 2]).all()


def test_the_overlay_breaks_a_long_remark_before_the_edge_of_the_picture():
    shot = frame(picture((CUBE, at(-0.06, 0.0, 0.42)), (CUBE, at(0.06, 0.0, 0.42))))
    look = Locator(LENS, [CUBE]).look(shot)
    written = (overlay(shot.image, look, LENS) != shot.image).any(axis=-1)
    assert len(look.remarks) == 1
    assert written[20:34].any(), "a second line"
    assert not written[:40, -4:].any()
