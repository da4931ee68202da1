import itertools
import math

import numpy as np
import pytest

from robot.errors import RobotError, UnknownNameError
from sim.object_families import HELD_OUT, SHOWN, SPLITS, find_split, make_object
from sim.objects import GraspObject

SOME = [*range(10), *range(2500, 2508)]


def inside(thing: GraspObject, points: np.ndarray) -> np.ndarray:
    """Return how many parts of ``thing`` each of ``points`` [n, 3] lies in."""
    count = np.zeros(len(points), int)
    for part in thing.parts:
        from_centre = np.abs(points - part.centre) / (np.array(part.size) / 2)
        flat = from_centre[:, :2]
        within = (flat < 1).all(1) if part.kind == "box" else np.hypot(*flat.T) < 1
        count += within & (from_centre[:, 2] < 1)
    return count


def samples(thing: GraspObject, count: int = 40_000) -> tuple[np.ndarray, float]:
    """Return random points [n, 3] around ``thing``, and the volume they are drawn from."""
    low = np.min([np.subtract(p.centre, np.divide(p.size, 2)) for p in thing.parts], axis=0)
    high = np.max([np.add(p.centre, np.divide(p.size, 2)) for p in thing.parts], axis=0)
    points = np.random.default_rng(0).uniform(low, high, (count, 3))
    return points, float(np.prod(high - low))


def test_no_object_and_no_held_out_family_is_in_two_splits() -> None:
    for one, other in itertools.combinations(SPLITS.values(), 2):
        assert not set(one.numbers) & set(other.numbers)
    assert not set(SHOWN) & set(HELD_OUT)
    for name, split in SPLITS.items():
        families = {make_object(number).family for number in split.numbers[:20]}
        assert families == set(HELD_OUT if name == "test" else SHOWN)
    shapes = {make_object(number).parts for split in SPLITS.values() for number in split.numbers}
    assert len(shapes) == sum(split.count for split in SPLITS.values())


def test_what_is_no_split_or_no_object_is_refused_by_name() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'train'"):
        find_split("trian")
    with pytest.raises(RobotError, match="object 3000 is none of those there are, 0 to 2999"):
        make_object(3000)


@pytest.mark.parametrize("number", SOME)
def test_mass_properties_are_those_of_the_shape(number: int) -> None:
    thing = make_object(number)
    points, box = samples(thing)
    count = inside(thing, points)
    assert count.max() == 1, "parts overlap"
    solid = points[count > 0]
    share = len(solid) / len(points)
    assert thing.volume == pytest.approx(share * box, rel=0.02)
    np.testing.assert_allclose(thing.centre, solid.mean(axis=0), atol=2e-4)
    x, y, z = (np.square(solid - thing.centre)).mean(axis=0) * thing.volume
    np.testing.assert_allclose(thing.inertia, [y + z, x + z, x + y], rtol=0.04)


@pytest.mark.parametrize("number", SOME)
def test_an_object_stands_by_itself(number: int) -> None:
    thing = make_object(number)
    ground = [part for part in thing.parts if abs(part.centre[2] - part.size[2] / 2) < 1e-9]
    low = np.min([np.subtract(p.centre, np.divide(p.size, 2))[:2] for p in ground], axis=0)
    high = np.max([np.add(p.centre, np.divide(p.size, 2))[:2] for p in ground], axis=0)
    assert (low + 0.003 < thing.centre[:2]).all()
    assert (thing.centre[:2] < high - 0.003).all()


@pytest.mark.parametrize("number", SOME)
def test_jaws_find_an_object_as_wide_as_its_grip_says_however_it_lies(number: int) -> None:
    thing = make_object(number)
    for grip in thing.grips:
        c, s = math.cos(grip.yaw), math.sin(grip.yaw)
        x, y = (thing.footprint - (grip.x, grip.y)).T
        along, across = c * x + s * y, c * y - s * x
        met = across[np.abs(along) < 0.008]
        assert met.max() == pytest.approx(grip.width / 2, abs=1e-3)
        assert met.min() == pytest.approx(-grip.width / 2, abs=1e-3)
        assert 0.0159 <= grip.width <= 0.0361
    turns = np.array([grip.yaw for grip in thing.grips])
    for lies in np.linspace(0, math.pi, 19):
        nearest = np.abs(np.remainder(turns + lies + math.pi / 2, math.pi) - math.pi / 2).min()
        assert nearest <= math.pi / 4 + 1e-9
