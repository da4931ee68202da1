from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.waving_astronaut import SIZE, mirrored, standing, wall, waves
from perception.camera import Frame, Picture
from perception.errors import ModelError
from perception.landmarker import Landmarker
from perception.palm import palm
from perception.person import Person, Points

RATE = 15.0
NOSE, LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_WRIST, RIGHT_WRIST = 0, 11, 12, 15, 16
# Where the photograph of the astronaut has her, in shares of its side, measured in it by eye.
TRUE_NOSE = np.array([0.435, 0.215])
TRUE_SHOULDERS = np.array([[0.60, 0.49], [0.23, 0.47]])

Files = dict[str, Path]


def see(
    landmarker: Landmarker, pictures: Iterable[Picture], start: float = 0.0, rate: float = RATE
) -> list[Person]:
    """Return who is in each picture; somebody has to be in each."""
    seen = [
        landmarker.detect(Frame(picture, start + index / rate, index))
        for index, picture in enumerate(pictures)
    ]
    assert all(person is not None for person in seen)
    return [person for person in seen if person is not None]


def shoulders(person: Person) -> Points:
    """Return the middle of the shoulders [px]."""
    middle: Points = person.image[[LEFT_SHOULDER, RIGHT_SHOULDER]].mean(axis=0) * SIZE
    return middle


def middle_of(side: int, x: int, y: int) -> Points:
    """Return where the middle of her shoulders is for a photograph there [px]."""
    middle: Points = TRUE_SHOULDERS.mean(axis=0) * side + (x, y)
    return middle


@pytest.mark.parametrize("place", [(480, 80, 0), (300, 20, 160), (300, 330, 10), (220, 200, 200)])
def test_a_person_is_found_wherever_and_however_large(
    model_files: Files, place: tuple[int, int, int]
) -> None:
    side, *corner = place
    with Landmarker(model_files["pose"]) as landmarker:
        person = see(landmarker, [standing(wall(), *place)])[0]
    nose = person.image[NOSE] * SIZE
    assert np.linalg.norm(nose - TRUE_NOSE * side - corner) < 0.05 * side
    assert np.linalg.norm(shoulders(person) - middle_of(*place)) < 0.1 * side
    assert person.visibility[[NOSE, LEFT_SHOULDER, RIGHT_SHOULDER]].min() > 0.8
    width = np.linalg.norm(person.world[LEFT_SHOULDER] - person.world[RIGHT_SHOULDER])
    assert 0.25 < width < 0.45, "the shoulders of a grown person [m]"
    assert person.world[LEFT_SHOULDER, 0] > person.world[RIGHT_SHOULDER, 0], "she faces us"
    assert person.left is None and person.right is None


@pytest.mark.parametrize(("hands", "rate"), [("hand", 30.0), ("hand-lite", 30.0), ("hand", 10.0)])
def test_moving_arms_and_their_hands_are_followed(
    model_files: Files, hands: str, rate: float
) -> None:
    pictures, wrists, true_hands = zip(*waves(20, rate, both=True, pace=1.0), strict=True)
    with Landmarker(model_files["pose"], model_files[hands]) as landmarker:
        seen = see(landmarker, pictures, rate=rate)
    apart = [
        np.linalg.norm(person.image[[RIGHT_WRIST, LEFT_WRIST]] * SIZE - [wrist, mirrored(wrist)])
        for person, wrist in zip(seen, wrists, strict=True)
    ]
    assert np.median(apart) < 25.0, "of arms of 260 px [px]"
    for side, turned in (("right", np.asarray), ("left", mirrored)):
        errors = [
            np.linalg.norm(found.image * SIZE - turned(hand), axis=1).mean()
            for person, hand in zip(seen, true_hands, strict=True)
            if (found := person.hand(side)) is not None
        ]
        assert len(errors) >= 18 and np.median(errors) < 4.0, side
    spans = [np.ptp(person.right.world, axis=0).max() for person in seen if person.right]
    assert 0.1 < np.median(spans) < 0.25, "the length of a hand [m]"


@pytest.mark.parametrize("pinched", [False, True])
def test_thumb_and_finger_are_seen_to_touch_in_a_poor_film_too(
    model_files: Files, pinched: bool
) -> None:
    clear = [picture for picture, _, _ in waves(30, 30.0, pinched=pinched)]
    poor = [cv2.imdecode(cv2.imencode(".jpg", p, [1, 60])[1], cv2.IMREAD_COLOR) for p in clear]
    with Landmarker(model_files["pose"], model_files["hand"], ["right"]) as landmarker:
        seen = see(landmarker, poor, rate=30.0)
    pinches = np.array([palm(person, "right").pinch for person in seen[2:]])
    known = pinches[np.isfinite(pinches)]
    assert len(known) >= 0.9 * len(pinches)
    assert np.median(known) < 0.2 if pinched else np.median(known) > 0.6


def test_a_hand_that_is_not_there_is_not_found(model_files: Files) -> None:
    with Landmarker(model_files["pose"], model_files["hand"]) as landmarker:
        seen = see(landmarker, [picture for picture, _, _ in waves(8, RATE)])
    assert all(person.left is None and person.right is not None for person in seen)


def test_a_mirrored_camera_changes_no_sides(model_files: Files) -> None:
    pictures = [picture for picture, _, _ in waves(3, RATE)]
    turned = [np.ascontiguousarray(picture[:, ::-1]) for picture in pictures]
    models = model_files["pose"], model_files["hand"]
    with Landmarker(*models) as landmarker:
        plain = see(landmarker, pictures)[-1]
    with Landmarker(*models, mirrored=True) as landmarker:
        mirror = see(landmarker, turned)[-1]
    assert plain.right is not None and mirror.right is not None and mirror.left is None
    assert np.allclose(plain.world, mirror.world)
    assert np.allclose(plain.right.world, mirror.right.world)
    for one, other in ((plain.image, mirror.image), (plain.right.image, mirror.right.image)):
        assert np.allclose(one[:, 0], 1.0 - other[:, 0]) and np.allclose(one[:, 1], other[:, 1])


def test_only_the_hands_asked_for_are_looked_for(model_files: Files) -> None:
    models = model_files["pose"], model_files["hand"]
    with Landmarker(*models, sides=["left"]) as landmarker:
        seen = see(landmarker, [picture for picture, _, _ in waves(2, RATE)])
    assert all(person.right is None for person in seen)


def test_of_two_people_the_nearest_is_kept_while_another_comes_nearer(model_files: Files) -> None:
    mine, others = (300, 0, 180), [(240 + 8 * i, 330 - 4 * i, 230 - 8 * i) for i in range(16)]
    assert others[-1][0] > mine[0]
    with Landmarker(model_files["pose"]) as landmarker:
        seen = see(landmarker, [standing(standing(wall(), *mine), *other) for other in others])
    for person in seen:
        assert np.linalg.norm(shoulders(person) - middle_of(*mine)) < 45


def test_who_is_nearest_at_first_is_meant_on_either_side(model_files: Files) -> None:
    for near, far in (((320, 0, 160), (220, 400, 200)), ((320, 310, 160), (220, 20, 200))):
        with Landmarker(model_files["pose"]) as landmarker:
            person = see(landmarker, [standing(standing(wall(), *far), *near)])[0]
        assert np.linalg.norm(shoulders(person) - middle_of(*near)) < 40


def test_who_leaves_is_waited_for_before_another_is_taken(model_files: Files) -> None:
    mine, other = (320, 0, 160), (240, 380, 200)
    without = standing(wall(), *other)
    with Landmarker(model_files["pose"]) as landmarker:
        see(landmarker, [standing(without, *mine)] * 3)
        gone = [landmarker.detect(Frame(without, 0.2 + i / RATE, i)) for i in range(12)]
        assert gone == [None] * 12, "for 0.8 s nobody else"
        back = see(landmarker, [standing(without, *mine)], start=1.0)[0]
        assert np.linalg.norm(shoulders(back) - middle_of(*mine)) < 40
        late = see(landmarker, [without], start=2.2)[0]
        assert np.linalg.norm(shoulders(late) - middle_of(*other)) < 40


def test_somebody_who_passes_in_front_makes_nobody_jump(model_files: Files) -> None:
    alone = standing(wall(), 260, 190, 200)
    passing = [standing(alone, 380, -380 + 28 * i, 100) for i in range(38)]
    with Landmarker(model_files["pose"]) as landmarker:
        seen = [landmarker.detect(Frame(one, i / 30.0, i)) for i, one in enumerate(passing)]
        back = see(landmarker, [alone] * 10, start=3.0)[-1]
    places = [shoulders(person) for person in seen if person is not None]
    assert len(places) >= 8
    assert max(np.linalg.norm(np.diff(places, axis=0), axis=1)) < 90, "0.3 m at the scale of hers"
    assert np.linalg.norm(shoulders(back) - middle_of(260, 190, 200)) < 30


def test_a_person_half_out_of_the_picture_is_half_visible(model_files: Files) -> None:
    with Landmarker(model_files["pose"]) as landmarker:
        person = see(landmarker, [standing(wall(), 440, -190, 40)] * 3)[-1]
    assert person.visibility[LEFT_SHOULDER] > 0.5
    outside = (person.image[:, 0] < 0.0) | (person.image[:, 1] > 1.0)
    assert outside[RIGHT_SHOULDER] and outside[RIGHT_WRIST]
    assert not person.visibility[outside].any()


def test_where_nobody_is_nobody_is_found(model_files: Files) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (480, 640, 3), np.uint8)
    with Landmarker(model_files["pose"], model_files["hand"]) as landmarker:
        for index, picture in enumerate([wall(), np.zeros_like(noise), noise]):
            assert landmarker.detect(Frame(picture, index / RATE, index)) is None


def test_who_walks_out_and_in_again_is_found_again_at_5_fps(model_files: Files) -> None:
    here, empty = standing(wall(), 360, 100, 100), wall()
    with Landmarker(model_files["pose"]) as landmarker:
        shown = [here, here, empty, empty, here, here]
        seen = [landmarker.detect(Frame(one, i / 5.0, i)) for i, one in enumerate(shown)]
    assert [person is not None for person in seen] == [True, True, False, False, True, True]


def test_a_clock_that_stands_still_or_goes_back_is_survived(model_files: Files) -> None:
    picture = standing(wall(), 360, 100, 100)
    with Landmarker(model_files["pose"]) as landmarker:
        for index, stamp in enumerate([5.0, 5.0, 4.0, 5.1]):
            assert landmarker.detect(Frame(picture, stamp, index)) is not None


def test_a_network_that_is_none_is_refused_by_name(tmp_path: Path, model_files: Files) -> None:
    broken = tmp_path / "broken.task"
    broken.write_bytes(model_files["pose"].read_bytes()[:500_000])
    with (
        pytest.raises(ModelError, match=r"broken\.task: MediaPipe cannot use it"),
        Landmarker(broken),
    ):
        pass
    with pytest.raises(ModelError, match=r"hand\.task"), Landmarker(model_files["hand"]):
        pass
