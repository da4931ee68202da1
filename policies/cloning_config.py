"""The settings of imitation: behaviour cloning and dataset aggregation."""

from dataclasses import dataclass

from policies.encoder import parse_convolutions
from policies.errors import PolicyError


@dataclass(frozen=True)
class CloningConfig:
    """Settings of a network that imitates; of behaviour cloning steps are gradient updates."""

    hidden: tuple[int, ...] = (256, 256)
    """Widths of the hidden layers."""
    learning_rate: float = 1e-3
    """Adam's step size at the start; it falls to nothing by total_steps, on a half cosine."""
    batch_size: int = 256
    """Steps of demonstrations in one gradient update."""
    validation: float = 0.1
    """Share of the demonstrations that are held out to see whether more updates are of use."""
    patience: int = 2_000
    """Updates without a smaller error on those held out, after which cloning ends; 0 never ends."""
    encoder: str = "16k4s2 32k4s2 32k3s1"
    """For pictures: convolutions as channels, kernel, stride."""
    latent: int = 50
    """For pictures: features that the encoder makes of one."""
    reader: tuple[int, ...] = (128,)
    """For pictures of which the environment tells more in training: widths of the hidden layers
    that say it, to the actor too, from what the encoder and the numbers beside a picture show."""
    auxiliary: float = 1.0
    """For such pictures: weight of the squared error of what these layers say, beside that of the
    actions; 0 has the actor see for itself."""
    shift: int = 0
    """For pictures: move those of a batch at random by up to so many pixels."""

    alone: int = 75
    """For dagger: most steps of an episode that the policy acts before its teacher takes over."""
    glimpses: float = 0.5
    """For dagger: share of the environments that go on with glimpses after start_steps."""
    noise: float = 0.1
    """For dagger: deviation of the noise on actions taken in training, so that mistakes occur and
    are mended."""

    def __post_init__(self) -> None:
        for name in ("learning_rate", "batch_size", "latent"):
            if not getattr(self, name) > 0:
                raise PolicyError(f"{name} must be positive, got {getattr(self, name)}")
        for name in ("patience", "auxiliary", "shift", "alone", "noise"):
            if not getattr(self, name) >= 0:
                raise PolicyError(f"{name} must not be negative, got {getattr(self, name)}")
        if not 0 <= self.validation < 1:
            raise PolicyError(f"validation must be within [0, 1), got {self.validation}")
        if not 0 <= self.glimpses < 1:
            raise PolicyError(f"glimpses must be within [0, 1), got {self.glimpses}")
        parse_convolutions(self.encoder)
        for name, widths in (("hidden", self.hidden), ("reader", self.reader)):
            if not widths or min(widths) < 1:
                raise PolicyError(f"{name} needs one positive width or more, got {widths}")
