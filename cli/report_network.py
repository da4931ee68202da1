"""The part of a report on what a policy that sees pictures makes of them."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cli import tiles
from cli.page import Page, Row
from cli.report_subject import Subject
from policies.checkpoint import MANIFEST
from policies.critic_files import load_critics
from policies.image_policy import ImagePolicy
from policies.insight import activations
from policies.policy_files import SavedPolicy, load_policy

MOMENTS = 6
CHANNELS_ACROSS = 16
GREY_LEVELS = 254  # of a depth picture, from the nearest to the farthest

Captions = list[str]


def add_network(page: Page, subject: Subject, observations: NDArray[Any], seed: int) -> None:
    """Add what the network makes of the records [t] of the episode from ``seed``.

    Nothing if it sees no pictures.
    """
    policy, image = subject.saved.policy, subject.saved.contract.observation.image
    if not isinstance(policy, ImagePolicy) or image is None:
        return
    steps = np.linspace(0, len(observations) - 1, min(MOMENTS, len(observations))).astype(int)
    moments, captions = observations[steps], [f"step {step}" for step in steps]
    pictures, late = moments[image.name], max(0, len(steps) - 2)
    page.pictures(
        "What the network sees",
        f"The policy's pictures of {image.shape[0]} × {image.shape[1]} px at {len(steps)} moments"
        f" of the episode from seed {seed}{_colours(subject.saved)}",
        _inputs(pictures, captions),
    )
    page.pictures(
        "What the network makes of it",
        f"Filters and activations of the policy evaluated here, at step {steps[late]} of the same"
        " episode. A channel that is black found nothing there.",
        [_filters(policy), *_activations(policy, pictures[late])],
    )
    _add_critics(page, subject.last, moments, captions)


def _inputs(pictures: NDArray[np.uint8], captions: Captions) -> list[Row]:
    """Return one row of ``pictures`` [n, h, w, c], or one a channel where these are no colours."""
    channels = pictures.shape[-1]
    if channels in (1, 3):
        return [Row("Input", _captioned([tiles.seen(each) for each in pictures], captions))]
    return [
        Row(
            f"Input, channel {channel + 1} of {channels}",
            _captioned([tiles.seen(each[:, :, channel, None]) for each in pictures], captions),
        )
        for channel in range(channels)
    ]


def _add_critics(page: Page, last: Path, moments: NDArray[Any], captions: Captions) -> None:
    title = "Where the critic looks"
    if not (last / MANIFEST).is_file():
        page.note(
            title,
            "Left out: that needs the critics, which a policy to deploy is without; they are in"
            " checkpoints/last of the run that trained it.",
        )
        return
    saved = load_policy(last)
    if saved.about["config"].get("algorithm") in ("bc", "dagger"):
        page.note(title, "Left out: the policy imitates, and no critic was ever asked.")
        return
    view = load_critics(last)
    seen, actions = saved.normalized(moments), saved.act(moments)
    slopes = np.abs(view.slopes(seen, actions)).sum(axis=-1)
    page.pictures(
        title,
        "Size of the gradient |∂Q/∂pixel| of the critics' least value Q of the policy's own action,"
        " over the picture in grey (near is dark): where it is light, another depth there would"
        " change what the critics expect. Each picture has a scale of its own, its greatest slope"
        f" stands below it. Critics and encoder of the newest checkpoint, step"
        f" {saved.about['step']:,}.",
        [_value_gradient(saved, moments, slopes, view.values(seen, actions), captions)],
    )


def _value_gradient(
    saved: SavedPolicy,
    moments: NDArray[Any],
    slopes: NDArray[np.float32],
    values: NDArray[np.float64],
    captions: Captions,
) -> Row:
    image = saved.contract.observation.image
    assert image is not None
    unit, per_level = _unit(saved)
    words = [
        f"{caption}, Q {value:.2f}, {slope.max() / per_level:.2g} per {unit}"
        for caption, value, slope in zip(captions, values, slopes, strict=True)
    ]
    overlaid = [
        tiles.heat_over(picture, slope)
        for picture, slope in zip(moments[image.name], slopes, strict=True)
    ]
    return Row("Value gradient", _captioned(overlaid, words))


def _filters(policy: ImagePolicy) -> Row:
    weight = policy.encoder.convolutions[0].weight.data
    limit = float(np.abs(weight).max())
    kernels = np.moveaxis(weight, (2, 3), (1, 0)).reshape(-1, *weight.shape[:2])
    sheet = tiles.mosaic(tiles.signed(kernels, limit), CHANNELS_ACROSS)
    size = f"{len(kernels)} kernels of {weight.shape[0]} × {weight.shape[1]} weights"
    return Row(
        "First convolution: filters", [(sheet, f"blue −{limit:.2f} · white 0 · red {limit:.2f}")],
        size,
    )  # fmt: skip


def _activations(policy: ImagePolicy, picture: NDArray[np.uint8]) -> list[Row]:
    maps = activations(policy.encoder, picture[None])
    named = {"First convolution: activations": maps[0]}
    if len(maps) > 1:
        named["Last convolution: activations"] = maps[-1]
    return [_channels(heading, found[0]) for heading, found in named.items()]


def _channels(heading: str, maps: NDArray[np.float32]) -> Row:
    height, width, channels = maps.shape
    limits = maps.max(axis=(0, 1), keepdims=True)
    shares = (maps / np.maximum(limits, 1e-12)).transpose(2, 0, 1)
    sheet = tiles.mosaic(tiles.strength(shares), CHANNELS_ACROSS)
    caption = f"black 0 · light: the channel's greatest, {limits.max():.2f} at most"
    return Row(heading, [(sheet, caption)], f"{channels} channels of {height} × {width}")


def _captioned(
    pictures: list[NDArray[np.uint8]], captions: Captions
) -> list[tuple[NDArray[np.uint8], str]]:
    return list(zip(pictures, captions, strict=True))


def _range(saved: SavedPolicy) -> tuple[float, float] | None:
    """Return the least and greatest depth, or height above the table, that a picture tells [m]."""
    details = saved.contract.details
    for least, most in (("near", "far"), ("low", "high")):
        if {least, most} <= details.keys():
            return details[least], details[most]
    return None


def _colours(saved: SavedPolicy) -> str:
    told = _range(saved)
    if told is None:
        return "."
    if "near" in saved.contract.details:
        near, far = (round(100 * x) for x in told)
        return f": yellow is {near} cm, dark blue {far} cm, grey was not measured."
    return (
        f": what stands {told[1] * 1e3:.0f} mm out of the table is yellow, what lies"
        f" {-told[0] * 1e3:.0f} mm below it dark blue."
    )


def _unit(saved: SavedPolicy) -> tuple[str, float]:
    """Return the unit of a pixel's change, and how many of it one grey level is."""
    told = _range(saved)
    if told is None:
        return "grey level", 1.0
    return "mm", (told[1] - told[0]) * 1e3 / GREY_LEVELS
