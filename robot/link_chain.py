"""Where any link of an arm is, and about what each joint turns it: straight from the URDF."""

from robot.chain import Chain, origin_of
from robot.kinematics import Matrix
from robot.model import ArmModel


class LinkChain(Chain):
    """The joints between the base and one link, of which the arm's own may turn."""

    def __init__(self, model: ArmModel, link: str) -> None:
        """Follow ``model`` out to ``link``. Raises ModelError if no joint leads there."""
        super().__init__(model.urdf, model.joints, link)


def mount_of(model: ArmModel, link: str) -> tuple[str, Matrix]:
    """Return the link that ``link`` is fixed to, and ``T_parent_link`` [4, 4] as drawn.

    Raises ModelError if there is no such link.
    """
    joint = model.urdf.chain(link)[-1]
    return joint.parent, origin_of(joint)
