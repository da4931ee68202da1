"""The real driver of servos on an emulated board behind a real port, and what passes between."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rig import MODEL

from hardware.emulation.board import EmulatedBoard
from hardware.servos.boards import BOARDS, Board
from hardware.servos.bus import ServoBus
from hardware.servos.calibration import nominal
from hardware.servos.servo_driver import ServoDriver
from robot.command import ArmState, JointCommand, Vector
from robot.loop import ControlLoop
from robot.trajectory import MotionLimiter


@dataclass
class ListenedBus:
    """The bus of a board, every call noted; a test may tamper with readings and with torque."""

    bus: ServoBus
    calls: list[str] = field(default_factory=list)
    reading: Callable[[int, int], int] = lambda servo, count: count
    after_torque: Callable[[], object] = lambda: None

    @property
    def board(self) -> Board:
        return self.bus.board

    def open(self) -> None:
        self.calls.append("open")
        self.bus.open()

    def ping(self, servo: int) -> None:
        self.calls.append(f"ping {servo}")
        self.bus.ping(servo)

    def read(self, servo: int) -> int:
        self.calls.append(f"read {servo}")
        return self.reading(servo, self.bus.read(servo))

    def move(self, targets: Mapping[int, int], duration_s: float) -> None:
        self.calls.append("move")
        self.bus.move(targets, duration_s)

    def torque(self, on: bool) -> None:
        self.calls.append(f"torque {'on' if on else 'off'}")
        self.bus.torque(on)
        self.after_torque()

    def voltage(self) -> float | None:
        return self.bus.voltage()

    def close(self) -> None:
        self.calls.append("close")
        self.bus.close()


@dataclass
class DrivenArm:
    board: EmulatedBoard
    bus: ListenedBus
    driver: ServoDriver

    def measure(self) -> ArmState:
        state = self.driver.read()
        assert state is not None
        return state

    def move(self, target: JointCommand, seconds: float) -> ArmState:
        """Stream the way to ``target`` within the motion limits, as the server does."""
        state = self.measure()
        limiter = MotionLimiter(MODEL)
        limiter.reset(self.driver.hold().positions, state.gripper)
        rate = self.driver.rate_hz
        for _ in ControlLoop(rate).run(round(seconds * rate)):
            state = self.measure()
            limiter.grip(self.driver.write(limiter.step(target, 1.0 / rate)).gripper)
        return state

    def stay(self, seconds: float) -> Iterator[ArmState]:
        """Yield what is measured while nothing is written."""
        for _ in ControlLoop(self.driver.rate_hz).run(round(seconds * self.driver.rate_hz)):
            yield self.measure()


@contextmanager
def limp_arm(name: str = "ds", pose: Vector | None = None, **options: Any) -> Iterator[DrivenArm]:
    """Yield an arm on board ``name`` whose driver is not open yet."""
    place = None if pose is None else JointCommand(pose, 0.05)
    with EmulatedBoard(MODEL, BOARDS[name], pose=place, **options) as board:
        bus = ListenedBus(board.bus())
        driver = ServoDriver(MODEL, bus, nominal(MODEL, BOARDS[name]))
        yield DrivenArm(board, bus, driver)
        driver.close()


@contextmanager
def driven_arm(name: str = "ds", pose: Vector | None = None, **options: Any) -> Iterator[DrivenArm]:
    """Yield an arm that holds, ready to be moved; nothing that it was told broke a rule."""
    with limp_arm(name, pose, **options) as arm:
        arm.driver.open()
        arm.bus.calls.clear()
        yield arm
        assert arm.board.monitor.breaches == ()
