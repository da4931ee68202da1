import time
from collections.abc import Iterator
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread, Timer

import pytest

from hardware.emulation.ur.robotiq import RobotiqGripper
from hardware.ur import jaws as module
from hardware.ur.jaws import UrJaws
from hardware.ur.jaws_port import PORT, JawsPort
from robot.model import load_arm

HOST = "127.0.77.85"
GRIPPER = load_arm("ur5").gripper


class Answering(StreamRequestHandler):
    def handle(self) -> None:
        for line in self.rfile:
            robotiq = self.server.robotiq  # type: ignore[attr-defined]
            self.wfile.write(f"{robotiq.answer(line.decode().strip())}\n".encode())


@pytest.fixture
def jaws() -> Iterator[UrJaws]:
    with ThreadingTCPServer((HOST, PORT), Answering) as server:
        server.daemon_threads, server.block_on_close = True, False
        server.robotiq = RobotiqGripper(active=True)  # type: ignore[attr-defined]
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        used = UrJaws(GRIPPER, HOST)
        try:
            yield used
        finally:
            used.close()
            server.shutdown()


def sent_to() -> int:
    port = JawsPort(HOST)
    try:
        return port.get("PRE")
    finally:
        port.close()


def comes_to(position: int) -> bool:
    end = time.monotonic() + 10.0
    while sent_to() != position and time.monotonic() < end:
        time.sleep(0.01)
    return sent_to() == position


def test_jaws_hear_a_command_that_comes_before_their_thread_runs(
    jaws: UrJaws, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Late(Thread):
        def start(self) -> None:
            Timer(0.05, super().start).start()

    monkeypatch.setattr(module, "Thread", Late)
    jaws.open()
    jaws.command(0.0)
    assert comes_to(module.CLOSED)


def test_jaws_that_were_let_go_of_can_be_opened_again(jaws: UrJaws) -> None:
    jaws.open()
    jaws.close()
    jaws.open()
    jaws.command(0.0)
    assert comes_to(module.CLOSED)
