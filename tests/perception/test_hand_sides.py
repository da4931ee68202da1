import numpy as np

from perception.landmarker_hand import apart
from perception.landmarker_results import Body
from perception.person import Hand

SIZE = (640, 480)
LEFT_WRIST, RIGHT_WRIST = 15, 16


def body(left: tuple[float, float], right: tuple[float, float]) -> Body:
    """Return a body of 300 px/m whose wrists are at these places [px]."""
    image = np.random.default_rng(0).uniform(0.4, 0.6, (33, 2))
    image[LEFT_WRIST], image[RIGHT_WRIST] = left / np.array(SIZE), right / np.array(SIZE)
    world = np.column_stack([image * SIZE / 300.0, np.zeros(33)])
    return Body(world, image, np.ones(33))


def hand(x: float, y: float) -> Hand:
    """Return a hand whose wrist is there [px]."""
    return Hand(np.zeros((21, 3)), np.full((21, 2), (x, y)) / SIZE, 0.9)


def test_two_hands_stay_two() -> None:
    left, right = hand(400, 200), hand(350, 200)
    assert apart(left, right, body((400, 200), (350, 200)), SIZE) == (left, right)


def test_one_hand_taken_for_both_goes_to_the_nearer_wrist() -> None:
    left, right = hand(402, 200), hand(400, 201)
    assert apart(left, right, body((405, 200), (440, 210)), SIZE) == (left, None)
    assert apart(left, right, body((440, 210), (405, 200)), SIZE) == (None, right)


def test_a_hand_alone_is_left_alone() -> None:
    one, around = hand(400, 200), body((100, 100), (400, 200))
    assert apart(None, one, around, SIZE) == (None, one)
    assert apart(one, None, around, SIZE) == (one, None)
