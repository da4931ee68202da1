"""What can go wrong with a dataset of demonstrations."""

from policies.errors import PolicyError


class DemonstrationError(PolicyError):
    """No dataset, a damaged one, one of something else, or a disk that takes no more."""
