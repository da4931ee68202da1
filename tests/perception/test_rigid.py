import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from perception.rigid import cross_matrix, difference, inverse, moved, rotation_of, vector_of

VECTORS = st.lists(st.floats(-1.8, 1.8), min_size=3, max_size=3).map(np.array)


@settings(max_examples=100, deadline=None)
@given(VECTORS)
def test_a_rotation_is_its_vector_again(vector):
    turn = rotation_of(vector)
    assert np.allclose(turn @ turn.T, np.eye(3))
    if np.linalg.norm(vector) < np.pi:
        assert np.allclose(vector_of(turn), vector, atol=1e-7)
    assert np.allclose(rotation_of(vector_of(turn)), turn, atol=1e-7)


def test_half_a_turn_about_any_axis_has_a_vector():
    for axis in np.vstack([np.eye(3), [[0.6, 0.8, 0.0], [0.0, -0.6, 0.8]]]):
        half = rotation_of(np.pi * axis)
        assert np.isclose(np.linalg.norm(vector_of(half)), np.pi)
        assert np.allclose(rotation_of(vector_of(half)), half)


@given(VECTORS, VECTORS)
def test_the_cross_matrix_multiplies_like_the_cross_product(a, b):
    assert np.allclose(cross_matrix(a) @ b, np.cross(a, b))


@settings(max_examples=30, deadline=None)
@given(VECTORS, VECTORS)
def test_an_inverse_undoes_and_a_step_is_what_a_difference_measures(turn, shift):
    place = moved(np.eye(4), np.concatenate([shift, turn]))
    assert np.allclose(inverse(place) @ place, np.eye(4))
    step = np.array([0.003, 0.0, 0.004, 0.0, 0.01, 0.0])
    assert np.allclose(difference(place, moved(place, step)), (0.005, 0.01))
