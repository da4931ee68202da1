"""The settings of soft actor-critic."""

from dataclasses import dataclass

from policies.encoder import parse_convolutions
from policies.errors import PolicyError


@dataclass(frozen=True)
class SACConfig:
    """Settings of soft actor-critic."""

    hidden: tuple[int, ...] = (256, 256)
    """Widths of the hidden layers, of the actor and of each critic."""
    learning_rate: float = 3e-4
    """Adam's step size for actor and critics."""
    alpha_learning_rate: float = 3e-4
    """Adam's step size for the logarithm of the temperature."""
    gamma: float = 0.99
    """Discount of a reward one step later."""
    tau: float = 0.005
    """How far the target critics move towards the critics at each update."""
    batch_size: int = 256
    """Transitions of one gradient step."""
    init_alpha: float = 1.0
    """Temperature at the start: how much a nat of entropy is worth in reward."""
    learn_alpha: bool = True
    """Whether the temperature is tuned to reach the target entropy."""
    target_entropy: float | None = None
    """Entropy the policy shall keep [nat]; None stands for minus the number of actions."""
    encoder: str = "16k4s2 32k4s2 32k3s1"
    """For pictures: convolutions as channels, kernel, stride."""
    latent: int = 50
    """For pictures: features that the encoder makes of one."""
    auxiliary: float = 1.0
    """For pictures of which the environment tells more in training: weight of the squared error
    with which the encoder's features predict it, beside the critics' loss; 0 ignores it."""
    shift: int = 0
    """For pictures: move those of a batch at random by up to so many pixels."""
    slow_policy: bool = False
    """Evaluate and deploy slow copies of actor and encoder, which follow the newest ones as the
    target critics follow theirs: steadier from one evaluation to the next."""
    critic_layer_norm: bool = False
    """Normalise the critics' hidden layers: steadier at many updates a step, and slower."""
    critic_batch_norm: bool = False
    """Normalise the critics' inputs and hidden layers over the batch, and learn without target
    critics (CrossQ): fewer steps, each of more work. Wants a learning_rate of about 1e-3."""
    threads: int = 2
    """Cores that share a gradient step, 1 or 2. Equal numbers repeat a run bit for bit."""

    def __post_init__(self) -> None:
        positive = ("learning_rate", "alpha_learning_rate", "batch_size", "init_alpha", "latent")
        for name in positive:
            if not getattr(self, name) > 0:
                raise PolicyError(f"{name} must be positive, got {getattr(self, name)}")
        for name in ("gamma", "tau"):
            if not 0 <= getattr(self, name) <= 1:
                raise PolicyError(f"{name} must be within [0, 1], got {getattr(self, name)}")
        parse_convolutions(self.encoder)
        for name in ("shift", "auxiliary"):
            if getattr(self, name) < 0:
                raise PolicyError(f"{name} must not be negative, got {getattr(self, name)}")
        if self.critic_layer_norm and self.critic_batch_norm:
            raise PolicyError("choose critic_layer_norm or critic_batch_norm, not both")
        if not self.hidden or min(self.hidden) < 1:
            raise PolicyError(f"hidden needs one positive width or more, got {self.hidden}")
        if self.threads not in {1, 2} or self.batch_size < self.threads:
            raise PolicyError(f"threads must be 1 or 2 (one a critic), got {self.threads}")
