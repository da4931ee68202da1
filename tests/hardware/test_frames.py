"""Pictures over the bridge, with a real server and real sockets."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from threading import Event, Thread

import msgpack
import pytest
import zmq
from hypothesis import given
from hypothesis import strategies as st
from rig import MODEL, HandCamera, RawClient, RunningServer, away_from_home, eventually, forward

from benchmarks.hostile import FRAMES, hostile_message
from hardware import protocol
from hardware.curve import secure_client
from hardware.emulation.ideal_joints import IdealJoints
from hardware.endpoint import Endpoint
from hardware.errors import ProtocolError, ServerGoneError, ServerRefusedKeyError
from hardware.frames import Encoded, EncodedDepth, EncodedFrame
from hardware.keys import KeyStore
from hardware.messages import Depth, FieldOfView, Frame, Jpeg, Png, Unit
from hardware.remote_arm import RemoteArm
from hardware.remote_frames import RemoteFrames
from hardware.server import Timing
from robot.errors import ArmError

Serve = Callable[..., RunningServer]


@contextmanager
def looking(url: str, keys: KeyStore | None, camera: HandCamera) -> Iterator[RemoteFrames]:
    """Yield what looks through ``camera``, once a picture came through: number 99 or less."""
    frames = RemoteFrames(url, keys=keys)
    frames.open()
    try:
        for number in range(100):
            camera.take(number)
            with suppress(ServerGoneError):
                frames.read(patience_s=0.02)
                break
        yield frames
    finally:
        frames.close()


@contextmanager
def taking(camera: HandCamera, size: int = 60_000, rate: float = 30.0) -> Iterator[None]:
    """Let ``camera`` take pictures of ``size`` bytes, numbered from 101, in a thread."""
    over = Event()

    def take() -> None:
        number = 100
        while not over.wait(1.0 / rate):
            number += 1
            camera.take(number, random.Random(number).randbytes(size))

    thread = Thread(target=take)
    thread.start()
    yield
    over.set()
    thread.join()


def read(frames: RemoteFrames) -> EncodedFrame:
    frame = frames.read()
    assert isinstance(frame, EncodedFrame)
    return frame


def counters(url: str, keys: KeyStore | None) -> dict[str, int]:
    with RemoteArm(url, keys=keys, observe=True) as arm:
        return arm.telemetry().counters


@pytest.mark.parametrize("keyed", [True, False])
def test_pictures_arrive_whole_in_order_and_with_their_time(
    serve: Serve, store: KeyStore, keyed: bool
) -> None:
    camera, keys = HandCamera(), store if keyed else None
    server = serve(frames=camera, keys=keys)
    with looking(server.url, keys, camera) as frames, taking(camera):
        got = [read(frames) for _ in range(5)]
        assert frames.name == "hand"
    assert [frame.number for frame in got] == sorted({frame.number for frame in got})
    for frame in got:
        assert frame.jpeg == random.Random(frame.number).randbytes(60_000)
        assert (frame.width, frame.height) == (64, 48)


def test_a_stamp_is_when_the_picture_was_taken_on_this_machines_clock(
    serve: Serve, store: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hardware.clock._DRIFT", 1.0)  # hours pass in a second
    camera = HandCamera()
    server = serve(frames=camera)
    with looking(server.url, store, camera) as frames:
        for number in range(101, 106):
            time.sleep(0.12)
            taken = time.monotonic() - 0.1  # one clock here, so the truth is known
            camera.take(number, stamp=taken)
            stamp = frames.read().stamp
            assert taken - 1e-6 <= stamp < taken + 0.05, "late by the way here, never early"


def test_a_slow_reader_gets_the_newest_and_no_backlog(serve: Serve, store: KeyStore) -> None:
    camera = HandCamera()
    server = serve(frames=camera)
    with looking(server.url, store, camera) as frames, taking(camera):
        for pause in (0.05, 1.0, 0.5):
            time.sleep(pause)
            age = time.monotonic() - frames.read().stamp
            assert age < 0.25, "a few periods on a busy machine, and not the pause"


def test_pictures_do_not_wait_for_telemetry(serve: Serve, store: KeyStore) -> None:
    camera = HandCamera()
    server = serve(frames=camera, timing=Timing(telemetry_hz=1.0))
    with looking(server.url, store, camera) as frames, taking(camera):
        started = time.monotonic()
        for _ in range(10):
            frames.read()
        assert time.monotonic() - started < 1.0


def test_no_picture_is_returned_twice(serve: Serve, store: KeyStore) -> None:
    camera = HandCamera()
    server = serve(frames=camera)
    with looking(server.url, store, camera) as frames:
        camera.take(101)
        assert frames.read().number == 101
        with pytest.raises(ServerGoneError, match=r"hand .* stands still or was unplugged"):
            frames.read(patience_s=0.3)
        camera.take(102)
        assert frames.read().number == 102, "after a stall the next picture comes through"


def test_pictures_out_of_order_or_replayed_are_dropped_and_counted(
    serve: Serve, store: KeyStore
) -> None:
    camera = HandCamera()
    server = serve(frames=camera)
    with looking(server.url, store, camera) as frames:
        camera.take(107)
        first = frames.read()
        for number, stamp in ((105, None), (108, first.stamp - 1.0)):
            camera.take(number, stamp=stamp)
            with pytest.raises(ServerGoneError, match="out_of_order"):
                frames.read(patience_s=0.15)
        camera.take(109)
        assert frames.read().number == 109
        assert frames.dropped == {"out_of_order": 2}


def test_a_server_that_is_gone_is_told_at_once(store: KeyStore) -> None:
    camera = HandCamera()
    with ExitStack() as left_open:
        with RunningServer(IdealJoints(MODEL), store, Timing(), frames=camera) as server:
            frames = left_open.enter_context(looking(server.url, store, camera))
        started = time.monotonic()
        with pytest.raises(ServerGoneError, match="connection was lost"):
            frames.read(patience_s=5.0)
        assert time.monotonic() - started < 1.0


def test_a_server_without_a_camera_says_how_it_gets_one(serve: Serve, store: KeyStore) -> None:
    with pytest.raises(ArmError, match=r"no camera: start it with one.*--camera 0"):
        RemoteFrames(serve().url, keys=store).open()


def test_a_camera_that_was_not_opened_or_was_closed_twice(serve: Serve, store: KeyStore) -> None:
    frames = RemoteFrames(serve(frames=HandCamera()).url, keys=store)
    with pytest.raises(ArmError, match="call open"):
        frames.read()
    frames.open()
    frames.close()
    frames.close()


def test_an_arm_server_elsewhere_needs_keys() -> None:
    with pytest.raises(ArmError, match="needs keys"):
        RemoteFrames("tcp://192.0.2.1:5555")


def test_a_stranger_gets_no_pictures(serve: Serve, store: KeyStore, strangers: KeyStore) -> None:
    camera = HandCamera()
    server = serve(frames=camera)
    with pytest.raises(ServerRefusedKeyError):
        RemoteFrames(server.url, keys=strangers).open()
    with RawClient(server.url, store) as friend, taking(camera, size=1000):
        stream = Endpoint.parse(server.url).with_port(friend.take_lease().camera_port)
        assert not overheard(stream, None)
        assert not overheard(stream, strangers)
        assert overheard(stream, store), "or the test is blind"


def overheard(stream: Endpoint, keys: KeyStore | None) -> bytes:
    """Return what comes to a client that goes straight for the pictures, within 0.5 s."""
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        if keys:
            secure_client(socket, keys.own("client"), keys.known_server(stream.host, stream.port))
        socket.subscribe(b"")
        socket.connect(str(stream))
        return socket.recv() if socket.poll(500) else b""


def test_a_picture_that_is_too_long_is_counted_and_the_next_one_comes(
    serve: Serve, store: KeyStore
) -> None:
    camera = HandCamera()
    server = serve(frames=camera)
    with looking(server.url, store, camera) as frames:
        camera.take(101, bytes(protocol.MAX_PICTURE + 1))
        assert eventually(lambda: counters(server.url, store).get("frames_refused") == 1)
        camera.take(102, bytes(protocol.MAX_PICTURE))
        assert len(read(frames).jpeg) == protocol.MAX_PICTURE


def test_depth_pictures_arrive_whole_and_with_what_their_values_mean(
    serve: Serve, store: KeyStore
) -> None:
    camera, png = HandCamera(), random.Random(1).randbytes(10_000)
    server = serve(frames=camera)
    with looking(server.url, store, camera) as frames:
        camera.measure(101, png, unit=5e-4, fov=71.5)
        frame = frames.read()
    assert isinstance(frame, EncodedDepth)
    assert (frame.png, frame.number, frame.unit, frame.fov_degrees) == (png, 101, 5e-4, 71.5)
    assert (frame.width, frame.height) == (64, 48)


@pytest.mark.parametrize(("unit", "fov"), [(0.0, 82.0), (1.0, 82.0), (1e-4, 180.0), (1e-4, 0.0)])
def test_a_depth_picture_that_means_nothing_is_counted_and_the_next_one_comes(
    serve: Serve, store: KeyStore, unit: float, fov: float
) -> None:
    camera = HandCamera()
    server = serve(frames=camera)
    with looking(server.url, store, camera) as frames:
        camera.measure(101, b"", unit, fov)
        assert eventually(lambda: counters(server.url, store).get("frames_refused") == 1)
        camera.measure(102, b"")
        assert frames.read().number == 102


def test_a_camera_that_fails_does_not_stop_the_arm(
    serve: Serve, store: KeyStore, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(HandCamera):
        def latest(self) -> Encoded | None:
            raise OSError("unplugged")

    server = serve(frames=Broken())
    with RemoteArm(server.url, keys=store) as arm:
        assert eventually(lambda: arm.telemetry().counters.get("camera_failures") == 1)
        arm.command(forward())
        assert eventually(lambda: away_from_home(server.driver) > 0.005)
    assert "unplugged" in caplog.text


@given(st.binary(max_size=200))
def test_random_bytes_are_no_frame(payload: bytes) -> None:
    with pytest.raises(ProtocolError):
        protocol.decode_frame(payload)


def test_hostile_frames_raise_only_protocol_errors() -> None:
    rng = random.Random(3)
    for _ in range(5000):
        with suppress(ProtocolError):
            frame = protocol.decode_frame(hostile_message(rng, FRAMES))
            if isinstance(frame, Depth):
                assert type(frame.png) is bytes and 1e-6 <= frame.unit <= 0.01
                assert 1.0 <= frame.fov_degrees <= 179.0
            else:
                assert type(frame) is Frame and type(frame.jpeg) is bytes


def test_a_frame_of_more_than_its_share_is_not_decoded() -> None:
    with pytest.raises(ProtocolError, match="at most"):
        protocol.decode_frame(bytes(protocol.MAX_FRAME_BYTES + 1))
    with pytest.raises(ProtocolError, match=r"frame\.jpeg"):
        protocol.encode(Frame(1.0, 1.0, 1, 8, 8, Jpeg(bytes(protocol.MAX_PICTURE + 1))))
    with pytest.raises(ProtocolError, match=r"depth\.png"):
        png = Png(bytes(protocol.MAX_PICTURE + 1))
        protocol.encode(Depth(1.0, 1.0, 1, 8, 8, png, Unit(1e-4), FieldOfView(82.0)))


@pytest.mark.parametrize("field", ["png", "unit", "fov_degrees"])
@pytest.mark.parametrize("value", [None, "0.0001", -1.0, float("nan"), 1e9, []])
def test_no_depth_picture_is_taken_with_a_wrong_field(field: str, value: object) -> None:
    good = Depth(1.0, 1.0, 1, 8, 8, Png(b""), Unit(1e-4), FieldOfView(82.0))
    data = msgpack.unpackb(protocol.encode(good)) | {field: value}
    with pytest.raises(ProtocolError, match=rf"depth\.{field}"):
        protocol.decode_frame(msgpack.packb(data))
