import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from perception.landmarker_results import Body
from perception.people import Place, choose, only, place_of, same_person
from perception.people_scale import pixels_per_metre

SIZE = (640, 480)
PLACES = st.builds(
    lambda x, y, scale: Place(np.array([x, y]), scale),
    *(st.floats(0.0, 640.0), st.floats(0.0, 480.0), st.floats(20.0, 400.0)),
)


@given(st.lists(PLACES, max_size=4))
def test_at_first_the_largest_is_meant(places: list[Place]) -> None:
    chosen = choose(places, None)
    assert (chosen is None) == (not places)
    if chosen is not None:
        assert places[chosen].scale == max(place.scale for place in places)


@given(st.lists(PLACES, max_size=4), PLACES)
def test_then_only_who_could_be_the_same_is_meant(places: list[Place], before: Place) -> None:
    chosen = choose(places, before, 0.1)
    could = [same_person(before, place, 0.1) for place in places]
    assert (chosen is None) == (not any(could))
    assert chosen is None or could[chosen]


@given(PLACES, st.floats(0.0, 5.0), st.floats(0.0, 2.0 * np.pi))
def test_nobody_jumps_however_long_nobody_was_seen(
    place: Place, seconds: float, way: float
) -> None:
    step = 0.75 * place.scale * np.array([np.cos(way), np.sin(way)])
    assert not same_person(place, Place(place.middle + step, place.scale), seconds)


@given(PLACES)
def test_who_stands_still_stays_meant_among_others(place: Place) -> None:
    beside = Place(place.middle + np.array([0.25 * place.scale, 0.0]), place.scale)
    assert choose([beside, place], place, 0.1) == 1


def body(image: np.ndarray) -> Body:
    """Return a body in a plane before the camera with landmarks ``image``, shares of a picture."""
    pixels = image * SIZE
    world = np.column_stack([pixels / 300.0, np.zeros(33)])
    return Body(world, image, np.ones(33))


def test_place_and_scale_grow_with_the_person() -> None:
    far = body(np.random.default_rng(0).uniform(0.2, 0.4, (33, 2)))
    near = Body(far.world, 2.0 * far.image, far.visibility)
    one, two = place_of(far, SIZE), place_of(near, SIZE)
    assert np.isclose(one.scale, 300.0) and np.isclose(two.scale, 600.0)
    assert np.allclose(two.middle, 2.0 * one.middle)


def test_all_but_one_person_is_blackened() -> None:
    picture = np.full((480, 640, 3), 200, np.uint8)
    image = np.random.default_rng(0).uniform(0.4, 0.5, (33, 2))
    alone = only(picture, image, place_of(body(image), SIZE))
    inside = (image * SIZE).astype(int)
    assert (alone[inside[:, 1], inside[:, 0]] == 200).all()
    assert not alone[:100].any() and not alone[:, 500:].any() and (picture == 200).all()


@given(st.floats(50.0, 2000.0), st.floats(-1.5, 1.5))
def test_the_scale_of_a_body_is_found_however_it_is_shifted(scale: float, shift: float) -> None:
    world = np.random.default_rng(1).normal(0.0, 0.3, (33, 3))
    pixels = scale * (world[:, :2] + shift)
    assert np.isclose(pixels_per_metre(pixels, world, np.ones(33)), scale, rtol=1e-3)
