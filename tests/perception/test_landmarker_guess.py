import numpy as np

from perception.landmarker_guess import BodyGuess
from perception.landmarker_results import Body


def body(at: float) -> Body:
    return Body(np.zeros((33, 3)), np.full((33, 2), at), np.ones(33))


def test_motion_is_prolonged_to_the_time_asked_for() -> None:
    guess = BodyGuess()
    guess.add(body(0.4), 1.00)
    assert guess.at(1.03) is None
    guess.add(body(0.5), 1.04)
    guessed = guess.at(1.06)
    assert guessed is not None and np.allclose(guessed.image, 0.55)


def test_no_guess_goes_further_than_the_last_step_or_back() -> None:
    guess = BodyGuess()
    guess.add(body(0.4), 1.00)
    guess.add(body(0.5), 1.01)
    far, back = guess.at(1.05), guess.at(1.0)
    assert far is not None and np.allclose(far.image, 0.6)
    assert back is not None and np.allclose(back.image, 0.5)


def test_no_guess_is_made_of_what_is_long_ago_or_of_nobody() -> None:
    guess = BodyGuess()
    guess.add(body(0.4), 1.0)
    guess.add(body(0.5), 1.1)
    assert guess.at(1.2) is None
    guess.add(None, 1.12)
    assert guess.at(1.13) is None
