"""What of a policy's files the server takes, and that everything else is dropped."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.refusal import Reason, Refusal
from hardware.runner import FILES
from hardware.upload import Uploads

DATA = bytes(range(256)) * 4


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def sent(uploads: Uploads, part: str, data: bytes, step: int = 300) -> None:
    uploads.begin(part, len(data), digest(data))
    for offset in range(0, len(data), step):
        uploads.add(offset, data[offset : offset + step])


@contextmanager
def refused(reason: Reason, said: str) -> Iterator[None]:
    with pytest.raises(Refusal, match=said) as raised:
        yield
    assert raised.value.reason is reason


@given(st.binary(min_size=1, max_size=2000), st.integers(1, 700))
def test_a_file_arrives_whole_however_it_was_cut(data: bytes, step: int) -> None:
    uploads = Uploads()
    sent(uploads, "weights", data, step)
    sent(uploads, "manifest", DATA)
    files = uploads.take({"weights": digest(data), "manifest": digest(DATA)})
    assert files == {"weights": data, "manifest": DATA}


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_any_altered_byte_is_noticed_and_the_file_dropped(at: int, change: int) -> None:
    uploads = Uploads()
    uploads.begin("weights", len(DATA), digest(DATA))
    altered = bytearray(DATA)
    altered[at] ^= change
    with pytest.raises(Refusal, match="altered on the way"):
        uploads.add(0, bytes(altered))
    with pytest.raises(Refusal, match="has not arrived: send it"):
        uploads.take({"weights": digest(DATA)})


@pytest.mark.parametrize(
    "part", ["", "/etc/passwd", "../weights", "weights/../../x", "weights\0", "x" * 300, "policy"]
)
def test_only_the_two_names_there_are_can_be_sent(part: str) -> None:
    with refused(Reason.UPLOAD, "no part of a policy, which are manifest, weights"):
        Uploads().begin(part, 10, digest(DATA))


@pytest.mark.parametrize("size", [0, FILES["weights"] + 1, 2**63 - 1])
def test_a_size_beyond_the_limit_is_refused_before_anything_is_sent(size: int) -> None:
    with refused(Reason.UPLOAD, "1 to 4194304 are taken"):
        Uploads().begin("weights", size, digest(DATA))


@pytest.mark.parametrize("text", ["", "0" * 63, "0" * 65, "G" * 64, "0" * 64 + "\n"])
def test_a_digest_that_is_none_is_refused(text: str) -> None:
    with refused(Reason.UPLOAD, "no SHA-256"):
        Uploads().begin("weights", 10, text)


@pytest.mark.parametrize("offset", [0, 299, 301, 600, 2**63 - 1])
def test_a_chunk_out_of_order_drops_the_file(offset: int) -> None:
    uploads = Uploads()
    uploads.begin("weights", len(DATA), digest(DATA))
    uploads.add(0, DATA[:300])
    with refused(Reason.OUT_OF_ORDER, "those from 300 were next"):
        uploads.add(offset, DATA[300:600])
    with refused(Reason.UPLOAD, "no file was begun"):
        uploads.add(300, DATA[300:600])


@pytest.mark.parametrize("data", [b"", DATA])
def test_no_bytes_or_more_than_announced_are_refused(data: bytes) -> None:
    uploads = Uploads()
    uploads.begin("weights", 100, digest(DATA[:100]))
    with refused(Reason.UPLOAD, "1 to 100 are missing"):
        uploads.add(0, data)


def test_bytes_of_nothing_are_refused() -> None:
    with refused(Reason.UPLOAD, "no file was begun"):
        Uploads().add(0, DATA)


def test_a_truncated_file_is_told_by_how_much_is_missing() -> None:
    uploads = Uploads()
    uploads.begin("weights", len(DATA), digest(DATA))
    uploads.add(0, DATA[:300])
    with refused(Reason.UPLOAD, "300 of 1024 bytes are here"):
        uploads.take({"weights": digest(DATA)})


def test_another_file_than_the_one_meant_is_not_given_out() -> None:
    uploads = Uploads()
    sent(uploads, "weights", DATA)
    with refused(Reason.UPLOAD, "not the one meant"):
        uploads.take({"weights": digest(b"another")})


def test_beginning_a_part_anew_forgets_the_old_one() -> None:
    uploads = Uploads()
    sent(uploads, "weights", DATA)
    uploads.begin("weights", 10, digest(b"x" * 10))
    with pytest.raises(Refusal):
        uploads.take({"weights": digest(DATA)})


def test_what_was_taken_or_dropped_is_gone() -> None:
    uploads = Uploads()
    sent(uploads, "weights", DATA)
    uploads.take({"weights": digest(DATA)})
    with pytest.raises(Refusal):
        uploads.take({"weights": digest(DATA)})
    sent(uploads, "weights", DATA)
    uploads.drop()
    with pytest.raises(Refusal):
        uploads.take({"weights": digest(DATA)})
