import numpy as np

from perception.person import Hand, Person
from perception.skeleton import skeleton

GREY = np.full((240, 320, 3), 128, np.uint8)


def person(visible: float, hand: Hand | None = None) -> Person:
    image = np.random.default_rng(0).uniform(0.3, 0.7, (33, 2))
    return Person(np.zeros((33, 3)), image, np.full(33, visible), None, hand, 0.0)


def changed(drawn: np.ndarray) -> np.ndarray:
    different: np.ndarray = (drawn != GREY).any(axis=2)
    return different


def test_nobody_and_no_words_leave_a_copy() -> None:
    drawn = skeleton(GREY, None)
    assert drawn is not GREY and not changed(drawn).any()


def test_a_person_is_drawn_where_they_are_and_the_picture_is_left_alone() -> None:
    drawn = skeleton(GREY, person(1.0))
    rows, columns = np.nonzero(changed(drawn))
    assert rows.size > 1000 and (GREY == 128).all()
    assert rows.min() > 0.25 * 240 and rows.max() < 0.75 * 240
    assert columns.min() > 0.25 * 320 and columns.max() < 0.75 * 320


def test_what_is_not_seen_is_not_drawn() -> None:
    assert not changed(skeleton(GREY, person(0.3))).any()
    hand = Hand(np.zeros((21, 3)), np.random.default_rng(1).uniform(0.1, 0.2, (21, 2)), 0.9)
    drawn = changed(skeleton(GREY, person(0.3, hand)))
    assert drawn[20:60, 28:70].any() and not drawn[80:].any()


def test_landmarks_beyond_the_picture_are_survived() -> None:
    far = person(1.0)
    far.image[:] = [(1e3 * i - 1.5e4, 7.0 - 1e2 * i) for i in range(33)]
    assert skeleton(GREY, far).shape == GREY.shape


def test_words_are_in_the_upper_left_corner() -> None:
    drawn = changed(skeleton(GREY, None, ["elbow 45 deg", "following"]))
    assert drawn[:45].any() and not drawn[60:].any()
