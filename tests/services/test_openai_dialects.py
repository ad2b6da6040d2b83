"""The old dialect, Azure, keys that change, and what goes out with each request."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import current_thread
from typing import Any

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from openai.types.beta.realtime import SessionCreateResponse
from openai.types.beta.realtime.session_create_params import SessionCreateParams

from tests.services.bad_server import EK, SDP, BadServer, Refusal, bad_server, proxy
from tests.services.secrecy import logged, said
from voice_widget.errors import ServiceError, ServiceRefused, ServiceUnavailable, SettingError
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.services.openai import ApiKey, OpenAI

KEY = "sk-proj-very_secret-123"
CONFIG = SessionConfig(voice="marin", instructions="Be brief.")


@pytest_asyncio.fixture
async def service(bad: BadServer) -> AsyncIterator[OpenAI]:
    service = OpenAI("model-1", KEY, bad.url)
    yield service
    await service.close()


@pytest_asyncio.fixture
async def beta(bad: BadServer) -> AsyncIterator[OpenAI]:
    service = OpenAI("model 1", KEY, bad.url, dialect="beta")
    yield service
    await service.close()


# --- the current dialect ----------------------------------------------------------------------------------


async def test_a_token_and_where_a_page_takes_it(bad: BadServer, service: OpenAI) -> None:
    secret = await service.secret(CONFIG)
    assert secret.value == EK
    assert secret.url == f"{bad.url}/realtime/calls"
    (asked,) = bad.requests
    assert (asked.method, asked.path) == ("POST", "/v1/realtime/client_secrets")
    assert asked.json == {
        "session": {
            "type": "realtime",
            "model": "model-1",
            "instructions": "Be brief.",
            "audio": {"output": {"voice": "marin"}},
        }
    }
    assert EK not in repr(secret)


async def test_both_shapes_of_a_token_are_read(bad: BadServer, service: OpenAI) -> None:
    bad.refusal = Refusal(200, json.dumps({"id": "sess", "client_secret": {"value": EK, "expires_at": 7}}))
    assert (await service.secret(CONFIG)).value == EK
    bad.refusal = Refusal(200, json.dumps({"value": EK}))
    assert (await service.secret(CONFIG)).value == EK


async def test_settings_that_the_client_does_not_know_go_through(bad: BadServer, service: OpenAI) -> None:
    await service.answer("v=0", SessionConfig(extra={"brand_new": {"a": 1}}))
    assert b'"brand_new"' in bad.requests[0].body


@pytest.mark.parametrize("location", [None, "", "/"])
async def test_an_answer_without_a_location(bad: BadServer, service: OpenAI, location: str | None) -> None:
    bad.location = location
    answer = await service.answer("v=0", CONFIG)
    assert (answer.sdp, answer.call_id) == (SDP, None)


async def test_any_voice_and_any_model_go_through(bad: BadServer, service: OpenAI) -> None:
    assert service.capabilities.any_voice
    assert "marin" in service.capabilities.voices
    await service.secret(SessionConfig(voice="someone_new", model="model-of-tomorrow"))
    session = bad.requests[0].json["session"]
    assert session["model"] == "model-of-tomorrow"
    assert session["audio"]["output"]["voice"] == "someone_new"


# --- the old dialect --------------------------------------------------------------------------------------


async def test_an_old_token(bad: BadServer, beta: OpenAI) -> None:
    secret = await beta.secret(CONFIG)
    assert secret.value == EK
    assert secret.url == f"{bad.url}/realtime?model=model%201"
    (asked,) = bad.requests
    assert asked.path == "/v1/realtime/sessions"
    assert asked.json == {"model": "model 1", "instructions": "Be brief.", "voice": "marin"}
    assert asked.json.keys() <= SessionCreateParams.__annotations__.keys()
    assert asked.headers["OpenAI-Beta"] == "realtime=v1"
    assert SessionCreateResponse.model_fields["client_secret"].is_required()


async def test_an_old_offer(bad: BadServer, beta: OpenAI) -> None:
    bad.location = None
    answer = await beta.answer("v=0\r\nthe offer", SessionConfig(model="model-2"))
    assert (answer.sdp, answer.call_id) == (SDP, None)
    (asked,) = bad.requests
    assert (asked.method, asked.path, asked.query) == ("POST", "/v1/realtime", {"model": "model-2"})
    assert asked.body == b"v=0\r\nthe offer"
    assert asked.headers["Content-Type"] == "application/sdp"
    assert asked.headers["Authorization"] == f"Bearer {KEY}"


async def test_an_old_socket_speaks_old_words(bad: BadServer, beta: OpenAI) -> None:
    bad.frames = (
        '{"type": "session.created", "event_id": "e", "session": {"voice": "marin"}}',
        '{"type": "response.audio.done", "event_id": "e", "response_id": "r", "item_id": "i"}',
    )
    connection = await beta.connect(session=CONFIG)
    await connection.send({"type": "session.update", "session": CONFIG.session()})
    await connection.send({"type": "response.create", "response": {"output_modalities": ["text"]}})
    await connection.send({"type": "bye"})
    async with asyncio.timeout(20):
        events = [event async for event in connection]
    assert events[0]["session"] == {"type": "realtime", "audio": {"output": {"voice": "marin"}}}
    assert events[1]["type"] == "response.output_audio.done"
    assert bad.heard[:2] == [
        {"type": "session.update", "session": {"voice": "marin", "instructions": "Be brief."}},
        {"type": "response.create", "response": {"modalities": ["text"]}},
    ]
    (asked,) = bad.requests
    assert asked.headers["OpenAI-Beta"] == "realtime=v1"
    assert asked.query == {"model": "model 1"}


async def test_the_current_dialect_sends_no_old_header(bad: BadServer, service: OpenAI) -> None:
    await (await service.connect(session=CONFIG)).close()
    await service.secret(CONFIG)
    await service.answer("v=0", CONFIG)
    assert not [asked for asked in bad.requests if "OpenAI-Beta" in asked.headers]


@pytest.mark.parametrize("arguments", [{"dialect": "beta"}, {"sideband": False}])
async def test_without_a_sideband_none_is_tried(bad: BadServer, arguments: dict[str, object]) -> None:
    service = OpenAI("m", KEY, bad.url, **arguments)  # type: ignore[arg-type]
    assert not service.capabilities.sideband
    with pytest.raises(ServiceRefused) as raised:
        await service.connect(call_id="rtc_1")
    assert raised.value.code == "no_sideband"
    assert bad.requests == []


def test_the_dialect_is_told() -> None:
    beta = OpenAI(dialect="beta")
    assert beta.capabilities.dialect == "beta"
    assert repr(beta) == "OpenAI(model='gpt-realtime-2.1', server='api.openai.com', dialect='beta')"
    assert OpenAI().capabilities.dialect == "current"
    assert OpenAI().capabilities.sideband
    with pytest.raises(SettingError, match="no dialect 'old'"):
        OpenAI(dialect="old")  # type: ignore[arg-type]


# --- keys -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sync", "async", "lambda"])
async def test_a_function_is_asked_for_a_key_before_each_request(bad: BadServer, kind: str) -> None:
    made: list[str] = []

    def rotating() -> str:
        made.append(f"token-number-{len(made)}")
        return made[-1]

    async def token() -> str:
        return rotating()

    keys: dict[str, ApiKey] = {"sync": rotating, "async": token, "lambda": lambda: token()}
    key = keys[kind]
    service = OpenAI("m", key, bad.url)
    await service.start()
    assert made == []
    await service.answer("v=0", CONFIG)
    await service.secret(CONFIG)
    await (await service.connect(session=CONFIG)).close()
    assert made == ["token-number-0", "token-number-1", "token-number-2"]
    assert [asked.key for asked in bad.requests] == made
    await service.close()


@pytest.mark.parametrize("kind", ["sync", "async", "awaitable"])
async def test_a_function_is_asked_on_a_thread_of_its_own(bad: BadServer, kind: str) -> None:
    threads: set[str] = set()

    def plain() -> str:
        threads.add(current_thread().name)
        return KEY

    async def later() -> str:
        await asyncio.sleep(0)  # what is awaited is the user's code as well
        return plain()

    class Awaitable:
        def __await__(self) -> Iterator[str]:
            yield from asyncio.sleep(0).__await__()
            return plain()

    keys: dict[str, Any] = {"sync": plain, "async": later, "awaitable": lambda: Awaitable()}
    service = OpenAI("m", keys[kind], bad.url)
    await service.secret(CONFIG)
    await service.secret(CONFIG)
    assert [asked.key for asked in bad.requests] == [KEY, KEY]
    assert len(threads) == 1
    assert threads.pop().startswith("voice_widget work")
    await service.close()


async def test_what_a_failing_function_says_is_not_told_on(
    bad: BadServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")

    async def broken() -> str:
        raise PermissionError("wrong password hunter2")

    def leaving() -> str:
        raise SystemExit("wrong password hunter2")

    for function, named in ((broken, "PermissionError"), (leaving, "SystemExit")):
        service = OpenAI("m", function, bad.url)
        with pytest.raises(ServiceRefused, match=f"failed with {named}") as raised:
            await service.secret(CONFIG)
        assert raised.value.code == "api_key_failed"
        assert "hunter2" not in said(raised.value)
        await service.close()
    assert "hunter2" not in logged(caplog.records)


@pytest.mark.parametrize(
    ("address", "step"),
    [
        (None, "or use Local()."),
        ("https://example.org/v1", 'or give api_key="none" if the server needs no key.'),
        ("http://127.0.0.1:8000/v1", 'or give api_key="none" if the server needs no key.'),
    ],
)
async def test_without_a_key_the_next_step_fits_the_server(
    monkeypatch: pytest.MonkeyPatch, address: str | None, step: str
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ServiceRefused) as raised:
        await OpenAI(base_url=address).start()
    assert raised.value.code == "no_api_key"
    assert raised.value.next_step.endswith(step)


async def test_a_function_that_fails(bad: BadServer) -> None:
    def broken() -> str:
        raise RuntimeError(f"no login for {KEY}\nsecond line")

    service = OpenAI("m", broken, bad.url)
    with pytest.raises(ServiceRefused) as raised:
        await service.secret(CONFIG)
    assert raised.value.code == "api_key_failed"
    assert raised.value.message == "The function that gives the API key failed with RuntimeError."
    assert KEY not in said(raised.value)
    assert bad.requests == []
    await service.close()


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("", "no_api_key"),
        (None, "no_api_key"),
        (7, "no_api_key"),
        ("kk zz-hidden", "invalid_api_key"),
        ("zz-hiddén", "invalid_api_key"),
    ],
)
async def test_a_function_that_gives_no_key(bad: BadServer, given: object, code: str) -> None:
    service = OpenAI("m", lambda: given, bad.url)  # type: ignore[arg-type]
    with pytest.raises(ServiceRefused) as raised:
        await service.secret(CONFIG)
    assert raised.value.code == code
    assert "zz-" not in said(raised.value)
    await service.close()


async def test_a_function_that_never_answers(bad: BadServer) -> None:
    async def slow() -> str:
        await bad.released.wait()
        return ""

    service = OpenAI("m", slow, bad.url, timeout=0.3)
    await service.start()
    with pytest.raises(ServiceError) as raised:
        await service.secret(CONFIG)
    assert raised.value.code == "timeout"
    await service.close()


async def test_the_environments_key(bad: BadServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", f" {KEY}\n")
    monkeypatch.setenv("OPENAI_BASE_URL", bad.url)
    service = OpenAI("m")
    assert service.name in bad.url
    secret = await service.secret(CONFIG)
    assert bad.requests[0].key == KEY
    assert secret.url.startswith(bad.url)
    bad.refusal = Refusal(400, '{"error": {"message": "{KEY}"}}')
    with pytest.raises(ServiceRefused) as raised:
        await service.secret(CONFIG)
    assert KEY not in said(raised.value)
    await service.close()


async def test_a_key_that_cannot_be_one() -> None:
    with pytest.raises(SettingError, match="not int"):
        OpenAI(api_key=5)  # type: ignore[arg-type]
    with pytest.raises(ServiceRefused) as raised:
        await OpenAI(api_key="sk-mine\nsk-yours").start()
    assert raised.value.code == "invalid_api_key"
    assert "sk-" not in said(raised.value)


# --- headers ----------------------------------------------------------------------------------------------


async def test_headers_of_ones_own(bad: BadServer) -> None:
    headers = {"OpenAI-Safety-Identifier": "hash-of-a-user"}
    service = OpenAI("m", KEY, bad.url, headers=headers, organization="org-1", project="proj-1")
    await service.answer("v=0", CONFIG)
    await service.secret(CONFIG)
    await (await service.connect(session=CONFIG)).close()
    for asked in bad.requests:
        assert asked.headers["OpenAI-Safety-Identifier"] == "hash-of-a-user"
        assert asked.headers["OpenAI-Organization"] == "org-1"
        assert asked.headers["OpenAI-Project"] == "proj-1"
        assert asked.key == KEY
    bad.refusal = Refusal(400, "No hash-of-a-user.")
    with pytest.raises(ServiceRefused) as raised:
        await service.secret(CONFIG)
    for text in (repr(service), said(raised.value)):
        assert "hash-of-a-user" not in text
    await service.close()


async def test_a_credential_among_the_headers_needs_no_key(
    bad: BadServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    for name, value in (("authorization", "Basic abc"), ("API-Key", "of-a-gateway")):
        service = OpenAI("m", base_url=bad.url, headers={name: value})
        await service.secret(CONFIG)
        await (await service.connect(session=CONFIG)).close()
        for asked in bad.requests[-2:]:
            assert asked.headers[name] == value
            assert KEY not in repr(asked.headers)
        await service.close()


async def test_words_stay_in_events_even_if_they_were_sent(bad: BadServer) -> None:
    said_aloud = '{"type": "x", "a": "I use ollama in production environments since 2024"}'
    bad.frames = (said_aloud, '{"type": "x", "a": "Basic of-a-gateway-0123456789"}')
    bad.closing = (1000, "")
    service = OpenAI("m", "ollama", bad.url, headers={"X-Stage": "production environments"})
    events = [event async for event in await service.connect(session=CONFIG)]
    assert events[0] == json.loads(said_aloud)
    await service.close()
    service = OpenAI("m", base_url=bad.url, headers={"Authorization": "Basic of-a-gateway-0123456789"})
    events = [event async for event in await service.connect(session=CONFIG)]
    assert events[1]["a"] == "Basic …"
    await service.close()


@pytest.mark.parametrize("headers", [{"X": "a\nb"}, {"X": "sécret"}, {"": "x"}, {"X": 5}, {"É": "x"}])
def test_headers_that_cannot_be_sent(headers: dict[str, str]) -> None:
    with pytest.raises(SettingError, match="cannot be sent") as raised:
        OpenAI(headers=headers)
    assert "sécret" not in str(raised.value)


# --- Azure ------------------------------------------------------------------------------------------------

AZURE = "http://resource.openai.azure.com/openai/v1"


async def everything(service: OpenAI) -> str:
    await service.answer("v=0", CONFIG)
    secret = await service.secret(CONFIG)
    await (await service.connect(session=CONFIG)).close()
    await (await service.connect(call_id="rtc_1")).close()
    await service.close()
    return secret.url


async def test_azure_takes_a_key_by_its_own_header(bad: BadServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody-else")
    async with proxy(bad) as (address, targets):
        monkeypatch.setenv("HTTP_PROXY", address)
        monkeypatch.setenv("http_proxy", address)
        url = await everything(OpenAI("deployment", KEY, AZURE))
    assert url == f"{AZURE}/realtime/calls"
    assert [asked.path for asked in bad.requests] == [
        "/openai/v1/realtime/calls",
        "/openai/v1/realtime/client_secrets",
        "/openai/v1/realtime",
        "/openai/v1/realtime",
    ]
    assert bad.requests[2].query == {"model": "deployment"}
    assert bad.requests[3].query == {"call_id": "rtc_1"}
    for asked in bad.requests:
        assert asked.headers["api-key"] == KEY
        assert "Authorization" not in asked.headers
    assert all("resource.openai.azure.com" in target for target in targets)


async def test_azure_takes_a_token_as_a_bearer(bad: BadServer, monkeypatch: pytest.MonkeyPatch) -> None:
    async def entra() -> str:
        return "an.entra.token"

    async with proxy(bad) as (address, _):
        monkeypatch.setenv("HTTP_PROXY", address)
        monkeypatch.setenv("http_proxy", address)
        await everything(OpenAI("deployment", entra, AZURE))
    for asked in bad.requests:
        assert asked.headers["Authorization"] == "Bearer an.entra.token"
        assert "api-key" not in asked.headers


async def test_azures_key_in_the_environment(bad: BadServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "key-of-azure")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    async with proxy(bad) as (address, _):
        monkeypatch.setenv("HTTP_PROXY", address)
        monkeypatch.setenv("http_proxy", address)
        await everything(OpenAI("deployment", base_url=AZURE))
    assert {asked.key for asked in bad.requests} == {"key-of-azure"}


# --- proxies and addresses --------------------------------------------------------------------------------


async def test_the_proxy_of_the_environment_is_for_others_only(
    bad: BadServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with proxy(bad) as (address, targets):
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, address)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        await everything(OpenAI("m", KEY, bad.url))
        await everything(OpenAI("m", KEY, bad.url.replace("127.0.0.1", "localhost")))
        assert targets == []
        await everything(OpenAI("m", KEY, "http://service.test/v1"))
        assert "POST http://service.test/v1/realtime/calls" in targets
        assert "CONNECT service.test:80" in targets
        # Two requests may share a connection.
        assert {target.split("service.test")[0] for target in targets} == {"POST http://", "CONNECT "}


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "socks5://127.0.0.1:9", "nonsense://x"])
async def test_a_proxy_that_is_none(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, address.replace("//", "//me:password@"))
    service = OpenAI("m", KEY, "http://service.test/v1", timeout=20)
    for asked in (service.secret(CONFIG), service.connect()):
        with pytest.raises(ServiceError) as raised:
            await asked
        assert "service.test" in raised.value.message
        assert "password" not in said(raised.value)
        assert KEY not in said(raised.value)
    await service.close()


@pytest.mark.parametrize(
    "address",
    ["example.org/v1", "ftp://example.org", "https://", "http://[x", "http://h:99999/v1", "wss://h/v1"],
)
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(SettingError, match="The address '"):
        OpenAI(base_url=address)


def test_an_address_of_an_endpoint() -> None:
    with pytest.raises(SettingError, match="ends before /realtime"):
        OpenAI(base_url="https://example.org/v1/realtime")


async def test_a_password_in_the_address_stays_here(bad: BadServer) -> None:
    service = OpenAI("m", KEY, bad.url.replace("127.0.0.1", "me:password@127.0.0.1"))
    assert (await service.secret(CONFIG)).url == f"{bad.url}/realtime/calls"
    bad.refusal = Refusal(400, "No password.")
    with pytest.raises(ServiceRefused) as raised:
        await service.secret(CONFIG)
    assert "password" not in said(raised.value)
    await service.close()


async def test_a_certificate_that_nobody_vouches_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(1), now + timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "both.pem"
    pem.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem)
    async with bad_server(tls) as bad:
        service = OpenAI("m", KEY, bad.url.replace("127.0.0.1", "localhost"))
        for asked in (service.secret(CONFIG), service.connect(session=CONFIG)):
            with pytest.raises(ServiceUnavailable, match="certificate") as raised:
                await asked
            assert raised.value.code == "certificate_invalid"
            assert "signed certificate)" in raised.value.message  # "self-signed", or "self signed" before
            assert "SSL_CERT_FILE" in raised.value.next_step
        assert bad.requests == []
        await service.close()
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))  # the step that it gives
        service = OpenAI("m", KEY, bad.url.replace("127.0.0.1", "localhost"))
        await service.secret(CONFIG)
        await (await service.connect(session=CONFIG)).close()
        await service.close()
        service = OpenAI("m", KEY, bad.url)
        for asked in (service.secret(CONFIG), service.connect(session=CONFIG)):
            with pytest.raises(ServiceUnavailable, match="mismatch") as raised:
                await asked
            assert raised.value.next_step == "Use a name in the address that the certificate is for."
        await service.close()
        service = OpenAI("m", KEY, bad.url.replace("https:", "http:"))
        for asked in (service.secret(CONFIG), service.connect(session=CONFIG)):
            with pytest.raises(ServiceUnavailable, match="broke off") as raised:
                await asked
            assert "https:// if the server has TLS" in raised.value.next_step
        await service.close()


# --- phone calls ------------------------------------------------------------------------------------------


async def test_phone_calls(bad: BadServer, service: OpenAI) -> None:
    await service.accept("rtc_1", SessionConfig(voice="marin", extra={"brand_new": 1}))
    await service.reject("rtc_2")
    await service.reject("rtc_2", 486)
    await service.refer("rtc_3", "tel:+14155550123")
    await service.hangup("rtc_4")
    assert [asked.path.removeprefix("/v1/realtime/calls/") for asked in bad.requests] == [
        "rtc_1/accept",
        "rtc_2/reject",
        "rtc_2/reject",
        "rtc_3/refer",
        "rtc_4/hangup",
    ]
    assert bad.requests[0].json == {
        "type": "realtime",
        "model": "model-1",
        "audio": {"output": {"voice": "marin"}},
        "brand_new": 1,
    }
    assert [asked.json for asked in bad.requests[1:4]] == [
        {"status_code": 603},
        {"status_code": 486},
        {"target_uri": "tel:+14155550123"},
    ]


@pytest.mark.parametrize("name", ["threshold", "prefix_padding_ms", "silence_duration_ms"])
async def test_numbers_of_the_turn_detection_are_not_for_the_phone(
    bad: BadServer, service: OpenAI, name: str
) -> None:
    numbers = SessionConfig(turn_detection={"type": "server_vad", name: 0})
    with pytest.raises(SettingError, match=name):
        await service.accept("rtc_1", numbers)
    assert bad.requests == []
    await service.accept("rtc_1", SessionConfig(turn_detection={"type": "semantic_vad"}))
    await service.accept("rtc_1", SessionConfig(turn_detection=None))
    assert len(bad.requests) == 2


async def test_misuse_on_the_phone(bad: BadServer, service: OpenAI) -> None:
    for asked in (
        service.accept("", CONFIG),
        service.reject("", 603),
        service.reject("rtc_1", 200),
        service.reject("rtc_1", True),
        service.reject("rtc_1", "busy"),  # type: ignore[arg-type]
        service.refer("rtc_1", "+14155550123"),
        service.hangup(""),
    ):
        with pytest.raises(SettingError):
            await asked
    assert bad.requests == []


async def test_an_id_cannot_lead_elsewhere(bad: BadServer, service: OpenAI) -> None:
    await service.hangup("../../files?x=1")
    assert bad.requests[0].path.startswith("/v1/realtime/calls/")
    assert bad.requests[0].query == {}
