"""Which certificates are trusted, for calls and audio, with both clients."""

import ssl
from pathlib import Path
from typing import Any

import pytest

from behaviours import EchoedId
from callers import retrieve
from certificates import self_signed
from clients import Run, each_way
from downloads import downloaded
from fakes import Server
from fakes_media import wav
from stores import Store
from telnyx_recordings.errors import APIConnectionError, ConfigError, MediaAccessError

BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
VARIABLES = (*BUNDLES, "SSL_CERT_DIR")
AUDIO = wav(4000)


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    """The TLS of a server whose certificate is in server.pem."""
    return self_signed("127.0.0.1", tmp_path)


@each_way
@pytest.mark.parametrize("name", BUNDLES)
def test_certificates_named_by_the_environment_are_trusted(
    run: Run, name: str, tls: ssl.SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(EchoedId(), tls=tls) as server:
        with pytest.raises(APIConnectionError, match="certificate was refused"):
            run(server.base_url, retrieve)
        monkeypatch.setenv(name, str(tmp_path / "server.pem"))
        assert run(server.base_url, retrieve).data.id == "r1"


def hashed_folder(folder: Path) -> str:
    """A folder with the certificate of server.pem, as OpenSSL finds it there."""
    target = folder / "certificates"
    target.mkdir()
    text = (folder / "server.pem").read_text()
    begin = text.index("-----BEGIN CERTIFICATE")
    name = _subject_hash(text[begin:])
    (target / f"{name}.0").write_text(text[begin:])
    return str(target)


def _subject_hash(pem: str) -> str:
    import hashlib  # noqa: PLC0415 - for this alone

    from cryptography import x509  # noqa: PLC0415 - likewise

    subject = x509.load_pem_x509_certificate(pem.encode()).subject
    # OpenSSL hashes the name in a canonical form: UTF-8, lower case, without the outer sequence.
    [attribute] = list(subject)
    value = str(attribute.value).lower().encode()
    oid = b"\x06\x03\x55\x04\x03"
    pair = oid + b"\x0c" + bytes([len(value)]) + value
    sequence = b"\x30" + bytes([len(pair)]) + pair
    whole = b"\x31" + bytes([len(sequence)]) + sequence
    return hashlib.sha1(whole, usedforsecurity=False).digest()[:4][::-1].hex()


@each_way
@pytest.mark.parametrize("name", ["SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "ca_file"])
def test_a_folder_of_certificates_is_trusted(
    run: Run, name: str, tls: ssl.SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = hashed_folder(tmp_path)
    settings: dict[str, Any] = {}
    if name == "ca_file":
        settings["ca_file"] = folder
    else:
        monkeypatch.setenv(name, folder)
    with Server(EchoedId(), tls=tls) as server:
        assert run(server.base_url, retrieve, **settings).data.id == "r1"


@each_way
def test_the_argument_overrides_the_environment(
    run: Run, tls: ssl.SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    self_signed("127.0.0.1", other)
    right, wrong = tmp_path / "server.pem", other / "server.pem"
    with Server(EchoedId(), tls=tls) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(wrong))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(right))
        with pytest.raises(APIConnectionError, match="certificate was refused"):
            run(server.base_url, retrieve)
        assert run(server.base_url, retrieve, ca_file=right).data.id == "r1"


@each_way
def test_the_error_for_a_certificate_names_the_settings(run: Run, tls: ssl.SSLContext) -> None:
    with Server(EchoedId(), tls=tls) as server, pytest.raises(APIConnectionError) as raised:
        run(server.base_url, retrieve)
    for name in (*VARIABLES, "ca_file"):
        assert name in str(raised.value)


@each_way
@pytest.mark.parametrize("content", [None, "no certificate"])
def test_certificates_that_cannot_be_read_are_an_error(
    run: Run, content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match=f"^ca_file: no certificates can be read from {path}: "):
        run("https://api.example.com", retrieve, ca_file=path)
    monkeypatch.setenv("CURL_CA_BUNDLE", str(path))
    with pytest.raises(ConfigError, match=r"^CURL_CA_BUNDLE: no certificates can be read from"):
        run("https://127.0.0.1:1", retrieve)


@each_way
def test_a_client_certificate_is_sent(run: Run, tls: ssl.SSLContext, tmp_path: Path) -> None:
    pem = tmp_path / "server.pem"  # which is its own authority, and the client's
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_verify_locations(pem)
    context = ssl.create_default_context(cafile=str(pem))
    with Server(EchoedId(), tls=tls) as server:
        with pytest.raises(APIConnectionError):
            run(server.base_url, retrieve, ssl_context=context)
        context.load_cert_chain(pem)
        assert run(server.base_url, retrieve, ssl_context=context).data.id == "r1"


def unverified(mode: str) -> ssl.SSLContext:
    """A context that does not verify certificates, or not to whom they belong."""
    context = ssl.create_default_context()
    context.check_hostname = False
    if mode == "certificate":
        context.verify_mode = ssl.CERT_NONE
    return context


@each_way
@pytest.mark.parametrize("mode", ["certificate", "host name"])
def test_a_context_without_verification_is_refused(run: Run, mode: str) -> None:
    with pytest.raises(ConfigError, match="ssl_context does not verify certificates"):
        run("https://api.example.com", retrieve, ssl_context=unverified(mode))


@each_way
def test_a_context_that_loses_its_verification_later_is_refused(run: Run) -> None:
    context = ssl.create_default_context()

    def change(client: Any) -> Any:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return retrieve(client)

    with pytest.raises(ConfigError, match="ssl_context does not verify certificates"):
        run("https://api.example.com", change, ssl_context=context)


@each_way
def test_a_context_without_verification_works_on_this_machine(
    run: Run, tls: ssl.SSLContext, tmp_path: Path
) -> None:
    with Server(EchoedId(), tls=tls) as server, Server(Store(AUDIO), tls=tls) as store:
        context = unverified("certificate")
        assert run(server.base_url, retrieve, ssl_context=context).data.id == "r1"
        link = f"https://127.0.0.1:{store.port}/r1.wav"
        got = downloaded(run, link, tmp_path, server.base_url, ssl_context=context)
        assert got.size == len(AUDIO)
        link = "https://s3.amazonaws.com/r1.wav"
        with pytest.raises(ConfigError, match=r"sent to s3\.amazonaws\.com"):
            downloaded(run, link, tmp_path, server.base_url, ssl_context=context)


@each_way
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"ssl_context": True}, "ssl_context must be an ssl.SSLContext, not a bool"),
        ({"ssl_context": ssl.create_default_context(), "ca_file": "x"}, "exclude each other"),
    ],
)
def test_invalid_settings_are_refused(run: Run, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        run("https://api.example.com", retrieve, **settings)


@each_way
def test_audio_trusts_the_same_certificates(run: Run, tls: ssl.SSLContext, tmp_path: Path) -> None:
    ca_file = tmp_path / "server.pem"
    with Server(Store(AUDIO), tls=tls) as store:
        link = f"https://127.0.0.1:{store.port}/r1.wav"
        assert downloaded(run, link, tmp_path, ca_file=ca_file).size == len(AUDIO)
        link = f"https://localhost:{store.port}/r1.wav"
        with pytest.raises(MediaAccessError, match="Hostname mismatch"):
            downloaded(run, link, tmp_path, ca_file=ca_file)
