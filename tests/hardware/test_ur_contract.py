"""A UR behind the server is an arm like any other."""

from collections.abc import Iterator

import pytest
from arm_contract import ArmContract
from rig import eventually
from ur_rig import START, needs_library

from hardware.emulation.ur.process import EmulatedUrProcess
from hardware.remote_arm import RemoteArm
from robot.arm import Arm

needs_library()


class TestUrArm(ArmContract):
    @pytest.fixture
    def arm(self, ur_url: str, emulated_ur: EmulatedUrProcess) -> Iterator[Arm]:
        """The robot put back by hand, which stops its program, so that it has to be re-armed."""
        emulated_ur.happen("place " + " ".join(str(angle) for angle in START.tolist()))
        with RemoteArm(ur_url) as person:
            assert eventually(lambda: "has ended" in "".join(person.state().faults))
            person.rearm()
            assert eventually(lambda: person.state().faults == ())
        arm = RemoteArm(ur_url)
        yield arm
        arm.disconnect()
