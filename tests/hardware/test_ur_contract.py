"""A UR behind the server is an arm like any other."""

import time
from collections.abc import Iterator

import pytest
from arm_contract import ArmContract
from rig import eventually
from ur_rig import START, needs_library, robot, served

from hardware.emulation.ur.process import EmulatedUrProcess
from hardware.remote_arm import RemoteArm
from robot.arm import Arm

needs_library()


@pytest.fixture(scope="module")
def emulated() -> Iterator[EmulatedUrProcess]:
    with robot() as emulated:
        yield emulated


@pytest.fixture(scope="module")
def url(emulated: EmulatedUrProcess) -> Iterator[str]:
    with served(emulated) as url:
        time.sleep(0.2)  # a program that ends the moment it started keeps the library waiting
        yield url


class TestUrArm(ArmContract):
    @pytest.fixture
    def arm(self, url: str, emulated: EmulatedUrProcess) -> Iterator[Arm]:
        """The robot put back by hand, which stops its program, so that it has to be re-armed."""
        emulated.happen("place " + " ".join(str(angle) for angle in START.tolist()))
        with RemoteArm(url) as person:
            assert eventually(lambda: "has ended" in "".join(person.state().faults))
            person.rearm()
            assert eventually(lambda: person.state().faults == ())
        arm = RemoteArm(url)
        yield arm
        arm.disconnect()
