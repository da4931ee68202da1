import http.client
import socket
import struct
import time
from collections.abc import Iterator
from threading import Event, Thread

import cv2
import numpy as np
import pytest

from cli.teleop_page import HOST, Page
from cli.teleop_picture import ArmShot, Shot
from robot.command import ArmState
from robot.errors import RobotError
from robot.model import load_arm

pytestmark = pytest.mark.real_time

MODEL = load_arm("dofbot")
SHOT = Shot((ArmShot(ArmState(MODEL.home, np.zeros(5), 0.03, 0.0), None, "following"),), "30")


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        found: int = free.getsockname()[1]
        return found


@pytest.fixture
def page(port: int) -> Iterator[Page]:
    with Page(MODEL, port) as served:
        yield served


def ask(port: int, path: str, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    connection.request("GET", path, headers=headers)
    return connection.getresponse()


def test_the_page_shows_what_is_shown_and_nothing_to_strangers(page: Page, port: int) -> None:
    assert b'src="/live"' in ask(port, "/").read()
    assert ask(port, "/", Host="evil.example").status == 403
    assert ask(port, "/else").status == 404
    live = ask(port, "/live")
    assert live.headers["Content-Type"].startswith("multipart/x-mixed-replace")
    assert live.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert live.fp is not None
    over = Event()

    def show() -> None:
        while not over.wait(0.05):
            assert not list(page.keys())
            page.show(SHOT)

    shown = Thread(target=show)
    shown.start()
    while not (line := live.fp.readline()).startswith(b"Content-Length"):
        assert line
    over.set()
    shown.join()
    length = int(line.split(b":")[1])
    live.fp.readline()
    jpeg = np.frombuffer(live.fp.read(length), np.uint8)
    picture = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
    assert picture is not None and picture.shape == (368, 400, 3)


def test_whoever_breaks_off_is_not_told_to_whoever_moves_the_arm(
    port: int, capfd: pytest.CaptureFixture[str]
) -> None:
    with Page(MODEL, port):
        rude = socket.create_connection((HOST, port))
        rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        rude.sendall(b"GET")
        assert ask(port, "/").status == 200, "who came later was heard: so was the rude one"
        rude.close()
        time.sleep(0.2)
    assert capfd.readouterr().err == ""


def test_a_port_in_use_is_told(page: Page, port: int) -> None:
    with pytest.raises(RobotError, match=f"--live {port}: the page cannot be served there"):
        Page(MODEL, port).__enter__()
