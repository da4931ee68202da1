import os
import stat
from pathlib import Path

import pytest
import zmq
from hypothesis import given
from hypothesis import strategies as st

from hardware.errors import KeyStoreError
from hardware.keys import FOLDER_VARIABLE, KeyPair, KeyStore
from hardware.pairing import accept_offer, authorize, offer, pair_local
from hardware.tokens import Role, fingerprint, read_token, token
from robot.errors import ArmError


@pytest.fixture
def pi(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "pi" / "keys")


@pytest.fixture
def laptop(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "laptop" / "keys")


def test_two_machines_come_to_know_each_other_in_three_steps(
    pi: KeyStore, laptop: KeyStore
) -> None:
    of_server = offer(pi)
    of_client = accept_offer(laptop, of_server.text, "tcp://pi.local")
    authorize(pi, of_client.text, "my laptop")
    assert laptop.known_server("pi.local", 5555) == pi.own("server").public
    assert pi.authorized_clients() == {laptop.own("client").public: "my-laptop"}
    assert of_server.fingerprint == fingerprint(pi.own("server").public)


def test_pairing_again_changes_nothing(pi: KeyStore) -> None:
    first = pair_local(pi)
    files = {path.name: path.read_bytes() for path in pi.folder.iterdir()}
    assert pair_local(pi) == first
    assert {path.name: path.read_bytes() for path in pi.folder.iterdir()} == files


def test_local_pairing_holds_for_every_port_of_this_machine(pi: KeyStore) -> None:
    pair_local(pi)
    for host in ("127.0.0.1", "localhost"):
        assert pi.known_server(host, 40123) == pi.own("server").public


def test_a_server_by_port_goes_before_the_host(pi: KeyStore) -> None:
    pair_local(pi)
    other, _ = zmq.curve_keypair()
    pi.trust("127.0.0.1:7", other)
    assert pi.known_server("127.0.0.1", 7) == other


def test_a_changed_server_key_is_refused_with_the_line_to_delete(
    pi: KeyStore, laptop: KeyStore, tmp_path: Path
) -> None:
    accept_offer(laptop, offer(pi).text, "tcp://pi.local")
    impostor = offer(KeyStore(tmp_path / "impostor"))
    with pytest.raises(KeyStoreError, match=r"another key .*delete its line in .*known_servers"):
        accept_offer(laptop, impostor.text, "tcp://pi.local")
    assert laptop.known_server("pi.local", 5555) == pi.own("server").public


def test_private_keys_and_their_folder_are_for_their_owner_alone(pi: KeyStore) -> None:
    pair_local(pi)
    for name in ("server.key", "client.key"):
        assert stat.S_IMODE((pi.folder / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(pi.folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_private_key_that_others_can_read_is_refused_with_the_command(
    pi: KeyStore, mode: int
) -> None:
    pi.own_or_new("server")
    path = pi.folder / "server.key"
    path.chmod(mode)
    with pytest.raises(KeyStoreError, match=f"chmod 600 {path}"):
        pi.own("server")


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o664])
@pytest.mark.parametrize("name", ["authorized_clients", "known_servers"])
def test_a_list_of_keys_that_others_can_write_to_is_refused_with_the_command(
    pi: KeyStore, name: str, mode: int
) -> None:
    pair_local(pi)
    path = pi.folder / name
    path.chmod(mode)
    with pytest.raises(KeyStoreError, match=f"chmod go-w {path}"):
        pair_local(pi)


def test_what_it_writes_it_can_read_under_any_umask(pi: KeyStore) -> None:
    before = os.umask(0)
    try:
        assert pair_local(pi) == pair_local(pi)
    finally:
        os.umask(before)


@pytest.mark.parametrize("name", ["", " ", "\n", "two\nlines", "tab\tbed", "\udc80", "\u2028"])
def test_a_client_without_a_proper_name_is_refused_and_locks_nobody_out(
    pi: KeyStore, laptop: KeyStore, name: str
) -> None:
    client = token("client", laptop.own_or_new("client").public)
    with pytest.raises(KeyStoreError, match="no name for a client"):
        authorize(pi, client, name)
    authorize(pi, client, "J\u00f6rg's laptop")
    assert list(pi.authorized_clients().values()) == ["J\u00f6rg's-laptop"]


def test_a_key_is_never_overwritten(pi: KeyStore) -> None:
    assert pi.own_or_new("client") == pi.own_or_new("client")


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 40, b"a" * 39 + b"\\"])
def test_a_damaged_private_key_is_named(pi: KeyStore, content: bytes) -> None:
    pi.own_or_new("server")
    (pi.folder / "server.key").write_bytes(content)
    with pytest.raises(KeyStoreError, match=r"server\.key holds no private key"):
        pi.own("server")


@pytest.mark.parametrize("line", ["just-one-word", "a b c", "name twinarm-client-x", "\xff \xff"])
def test_a_damaged_line_is_told_and_lets_nobody_in(pi: KeyStore, line: str) -> None:
    pair_local(pi)
    with pi.authorized_path.open("a") as file:
        file.write(line + "\n")
    with pytest.raises(KeyStoreError):
        pi.authorized_clients()


def test_the_folder_is_the_argument_then_the_variable_then_the_home(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "variable"))
    assert KeyStore(tmp_path / "argument").folder == tmp_path / "argument"
    assert KeyStore().folder == tmp_path / "variable"
    monkeypatch.delenv(FOLDER_VARIABLE)
    assert KeyStore().folder == Path.home() / ".config/twinarm/keys"


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(KeyStoreError, match="cannot make"):
        KeyStore(tmp_path / "file" / "keys").own_or_new("server")


def test_a_secret_is_not_shown(pi: KeyStore) -> None:
    pair = pi.own_or_new("server")
    assert pair.secret.decode() not in repr(pair)
    assert pair == KeyPair(pair.public, pair.secret)


def test_accepting_an_offer_for_no_address_is_refused(pi: KeyStore, laptop: KeyStore) -> None:
    with pytest.raises(ArmError, match="no arm address"):
        accept_offer(laptop, offer(pi).text, "pi.local")


def a_key(raw: bytes) -> bytes:
    return bytes(zmq.utils.z85.encode(raw))


raw_keys = st.binary(min_size=32, max_size=32)
roles: st.SearchStrategy[Role] = st.sampled_from(["server", "client"])


@given(raw_keys, roles)
def test_every_key_survives_being_carried_as_a_token(raw: bytes, role: Role) -> None:
    text = token(role, a_key(raw))
    assert read_token(role, f"  {text.upper()}\n") == a_key(raw)
    assert text.replace("-", "").isalnum(), "safe to paste into any shell"


@given(raw_keys, st.integers(0, 71), st.sampled_from("abcxyz234567-_ \0é"))
def test_a_mistyped_token_is_refused(raw: bytes, at: int, wrong: str) -> None:
    text = token("server", a_key(raw))
    at %= len(text)
    if text[at] != wrong:
        with pytest.raises(KeyStoreError):
            read_token("server", f"{text[:at]}{wrong}{text[at + 1 :]}x"[:-1])


@given(st.text(max_size=80))
def test_any_text_is_a_token_or_refused(text: str) -> None:
    with pytest.raises(KeyStoreError, match="token"):
        read_token("client", text)


def test_the_token_of_the_other_side_is_told_apart(pi: KeyStore) -> None:
    with pytest.raises(KeyStoreError, match="that is a server token, a client token is needed"):
        authorize(pi, offer(pi).text, "laptop")
