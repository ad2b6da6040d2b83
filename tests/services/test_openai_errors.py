"""Every way in which a service can fail: a name, a sentence, a next step, and the key nowhere."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
import pytest_asyncio
from websockets.exceptions import InvalidURI

from tests.services.bad_server import EK, BadServer, Refusal
from tests.services.secrecy import LOGGERS, logged, said
from voice_widget.errors import ServiceError, ServiceRefused, ServiceUnavailable
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.wire.events import Event
from voice_widget.services.openai import OpenAI
from voice_widget.services.refusals import unreachable

KEY = "sk-proj-very_secret-123"
TOKEN = "a.token.that.looks.like.nothing"
NONE = SessionConfig()

Verb = Callable[[OpenAI], Awaitable[object]]
VERBS: dict[str, Verb] = {
    "answer": lambda s: s.answer("v=0", NONE),
    "secret": lambda s: s.secret(NONE),
    "connect": lambda s: s.connect(session=NONE),
    "sideband": lambda s: s.connect(call_id="rtc_1"),
    "hangup": lambda s: s.hangup("rtc_1"),
    "accept": lambda s: s.accept("rtc_1", NONE),
    "reject": lambda s: s.reject("rtc_1"),
    "refer": lambda s: s.refer("rtc_1", "tel:1"),
}
every_verb = pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
some_verbs = pytest.mark.parametrize(
    "verb", [VERBS["answer"], VERBS["secret"], VERBS["connect"]], ids=["answer", "secret", "connect"]
)


@pytest.fixture(autouse=True)
def no_secret_in_the_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    for name in LOGGERS:
        caplog.set_level(logging.DEBUG, logger=name)
    yield
    text = logged([*caplog.get_records("setup"), *caplog.get_records("call")])
    for secret in (KEY, TOKEN, EK):
        assert secret not in text


@pytest_asyncio.fixture(params=["key", "function"])
async def service(bad: BadServer, request: pytest.FixtureRequest) -> AsyncIterator[OpenAI]:
    async def token() -> str:
        return TOKEN

    service = OpenAI("model-1", KEY if request.param == "key" else token, bad.url, timeout=20)
    yield service
    await service.close()


async def failure(asked: Awaitable[object]) -> ServiceError:
    """The error, looked at from all sides."""
    with pytest.raises(ServiceError) as raised:
        await asked
    error = raised.value
    assert error.message.endswith((".", "!", "…"))
    assert "\n" not in error.message
    assert len(error.message) < 500
    assert error.next_step.endswith(".")
    assert error.code not in ("", "voice_widget_error")
    text = said(error)
    for secret in (KEY, TOKEN, EK):
        assert secret not in text
    assert error.__cause__ is None
    assert error.__context__ is None
    return error


@every_verb
@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, ServiceRefused, "service_refused"),
        (401, ServiceRefused, "invalid_api_key"),
        (403, ServiceRefused, "forbidden"),
        (408, ServiceUnavailable, "timeout"),
        (425, ServiceUnavailable, "service_unavailable"),
        (409, ServiceRefused, "service_refused"),
        (429, ServiceRefused, "rate_limited"),
        (500, ServiceUnavailable, "service_unavailable"),
        (502, ServiceUnavailable, "service_unavailable"),
        (503, ServiceUnavailable, "service_unavailable"),
    ],
)
async def test_a_refusal(
    bad: BadServer, service: OpenAI, verb: Verb, status: int, kind: type[ServiceError], code: str
) -> None:
    bad.refusal = Refusal(status, '{"error": {"message": "Not with {KEY}!"}}')
    error = await failure(verb(service))
    assert type(error) is kind
    assert error.code == code
    assert error.message.endswith(": Not with …!")


@some_verbs
@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            '{"error": {"message": "No: {KEY} and sk-other_1 and eyJhbGciOi.eyJzdWIi.abc", "code": 7}}',
            "No: … and … and …",
        ),
        ('{"error": {"message": "No: Bearer abc123456789."}}', "No: Bearer …"),
        ('{"error": "No: {KEY}"}', ": No: …"),
        ('{"detail": "No: such\\nthing"}', ": No: such thing."),
        ('{"detail": [{"loc": 1}]}', " (HTTP status 403)."),
        (
            '{"detail": [{"loc": ["query", 0], "msg": "Missing"}, 7, "No: {KEY}", {"msg": 1}]}',
            ": query.0: Missing; No: …",
        ),
        ('{"errors": ["No: {KEY}"]}', ": No: …"),
        ('{"something": "else"}', " (HTTP status 403)."),
        ("[1, 2]", " (HTTP status 403)."),
        ("", " (HTTP status 403)."),
        ("Bad  Gateway\n{KEY}", ": Bad Gateway …"),
        ("x" * 10_000, "xxx…"),
        ("x" * 290 + "{KEY}" + "y" * 50, "yyy…"),
        ("[" * 10_000, "[[[…"),
        (
            "<html><head><title>\nNo: {KEY} &amp; so</title></head><body>{KEY} is wrong</body></html>",
            ": “No: … & so”.",
        ),
        ("<html><body>{KEY}</body></html>", " (HTTP status 403)."),
        ("\ufffd\x00", "."),
    ],
)
async def test_what_the_body_says(bad: BadServer, service: OpenAI, verb: Verb, body: str, told: str) -> None:
    bad.refusal = Refusal(403, body)
    error = await failure(verb(service))
    assert error.code == "forbidden"
    assert error.message.endswith(told)


@some_verbs
async def test_a_model_that_is_not_there(bad: BadServer, service: OpenAI, verb: Verb) -> None:
    bad.refusal = Refusal(404, json.dumps({"error": {"message": "No.", "code": "model_not_found"}}))
    error = await failure(verb(service))
    assert (error.code, error.next_step) == ("model_not_found", "Choose another model.")
    bad.refusal = Refusal(404, "404 page not found")
    error = await failure(verb(service))
    assert error.code == "not_found"
    assert "/v1" in error.next_step


@every_verb
@pytest.mark.parametrize(
    "empty",
    [
        {"error": {"message": "", "type": "", "code": "", "param": ""}},
        {"error": {"message": None, "type": None, "code": None, "param": None}},
        {"error": {}},
        {"error": None},
        {"error": ""},
        {},
    ],
)
async def test_an_error_object_that_is_all_empty(
    bad: BadServer, service: OpenAI, verb: Verb, empty: dict[str, object]
) -> None:
    bad.refusal = Refusal(400, json.dumps(empty))
    error = await failure(verb(service))
    assert error.message.endswith(" (HTTP status 400).")
    assert (error.code, error.next_step) == ("service_refused", "Check the settings of the session.")


@pytest.mark.parametrize("verb", ["sideband", "accept", "reject", "refer"])
@pytest.mark.parametrize("body", ["", "404 page not found", '{"error": {"code": "not_found"}}'])
async def test_a_call_that_is_not_there(bad: BadServer, service: OpenAI, verb: str, body: str) -> None:
    bad.refusal = Refusal(404, body)
    for _ in range(3):
        error = await failure(VERBS[verb](service))
        assert error.code == "call_not_found"
        assert "model" not in error.message + error.next_step
        assert "call" in error.next_step
    await service.hangup("rtc_1")  # and so it need not be ended


@some_verbs
@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("20", "wait 20 s."),
        ("0.4", "wait 1 s."),
        ("Fri, 31 Dec 9999 23:59:59 GMT", None),
        ("soon", None),
        ("nan", None),
        ("-1", None),
        ("", None),
    ],
)
async def test_when_to_come_back(
    bad: BadServer, service: OpenAI, verb: Verb, header: str, told: str | None
) -> None:
    body = json.dumps({"error": {"message": "Slow down.", "code": "rate_limit_exceeded"}})
    bad.refusal = Refusal(429, body, {"Retry-After": header})
    error = await failure(verb(service))
    assert error.code == "rate_limit_exceeded"
    assert (told in error.message) if told else ("wait" not in error.message)
    assert (error.retry_after_s is not None) is (told is not None)


@some_verbs
async def test_no_quota_is_no_matter_of_waiting(bad: BadServer, service: OpenAI, verb: Verb) -> None:
    bad.refusal = Refusal(429, json.dumps({"error": {"message": "Out.", "code": "insufficient_quota"}}))
    error = await failure(verb(service))
    assert isinstance(error, ServiceRefused)
    assert (error.code, error.passing) == ("insufficient_quota", False)
    assert "credit" in error.next_step


@some_verbs
@pytest.mark.parametrize("code", [None, "429", "rate_limit_exceeded", "too_many_sessions"])
async def test_too_much_at_once_passes(bad: BadServer, service: OpenAI, verb: Verb, code: str | None) -> None:
    bad.refusal = Refusal(429, json.dumps({"error": {"message": "Slow down.", "code": code}}))
    error = await failure(verb(service))
    assert isinstance(error, ServiceRefused)
    assert error.passing


@some_verbs
async def test_a_conflict_passes(bad: BadServer, service: OpenAI, verb: Verb) -> None:
    bad.refusal = Refusal(409, json.dumps({"error": {"message": "Not just now."}}))
    error = await failure(verb(service))
    assert isinstance(error, ServiceRefused)
    assert error.passing
    assert error.next_step == "Call again in a moment."


@pytest.mark.parametrize("verb", [VERBS["answer"], VERBS["secret"], VERBS["accept"]])
@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("compressed", [False, True])
async def test_an_answer_that_does_not_end_is_not_read_to_its_end(
    bad: BadServer, service: OpenAI, verb: Verb, status: int, compressed: bool
) -> None:
    bad.endless, bad.endless_compressed = status, compressed
    async with asyncio.timeout(4):  # the service's own is longer
        error = await failure(verb(service))
    assert error.code == "answer_invalid"
    assert "more than 1 MB" in error.message
    assert bad.sent < 16 << 20  # the rest was under way


@every_verb
@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize(
    "target", ["http://elsewhere.test/v1?k=1", "ws://127.0.0.1:9/v1", "/elsewhere?k=1", "", None]
)
async def test_a_redirect_is_not_followed(
    bad: BadServer, service: OpenAI, verb: Verb, status: int, target: str | None
) -> None:
    bad.refusal = Refusal(status, "", {} if target is None else {"Location": target})
    error = await failure(verb(service))
    assert error.code == "redirected"
    assert "k=1" not in error.message
    assert ("elsewhere" in error.message) is (target is not None and "elsewhere" in target)
    assert len(bad.requests) == 1


@some_verbs
async def test_a_server_that_never_answers(bad: BadServer, verb: Verb) -> None:
    bad.silent = True
    service = OpenAI("m", KEY, bad.url, timeout=0.3)
    await service.start()
    error = await failure(verb(service))
    assert isinstance(error, ServiceUnavailable)
    assert error.code == "timeout"
    assert "too long" in error.message
    await service.close()


@every_verb
async def test_a_server_that_closes_at_once(bad: BadServer, service: OpenAI, verb: Verb) -> None:
    bad.hangs_up = True
    error = await failure(verb(service))
    assert isinstance(error, ServiceUnavailable)
    assert error.code == "connection_lost"


@some_verbs
async def test_a_server_that_is_not_there(verb: Verb) -> None:
    service = OpenAI("m", KEY, "http://127.0.0.1:9/v1", timeout=20)
    error = await failure(verb(service))
    assert isinstance(error, ServiceUnavailable)
    assert "127.0.0.1:9: not reachable" in error.message
    await service.close()


@some_verbs
async def test_a_server_without_tls(bad: BadServer, verb: Verb) -> None:
    service = OpenAI("m", KEY, bad.url.replace("http:", "https:"), timeout=20)
    error = await failure(verb(service))
    assert isinstance(error, ServiceUnavailable)
    assert error.code == "address_invalid"
    assert error.message.endswith(": it does not speak TLS.")
    assert error.next_step == "Use http:// in the address, or give the server TLS."
    await service.close()


@some_verbs
async def test_a_server_that_says_in_words_that_it_wants_tls(
    bad: BadServer, service: OpenAI, verb: Verb
) -> None:
    for body in (
        "Client sent an HTTP request to an HTTPS server.",
        "<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>",
    ):
        bad.refusal = Refusal(400, body)
        error = await failure(verb(service))
        assert (error.code, error.next_step) == ("address_invalid", "Use https:// in the address.")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("", "nothing"),
        ("  \n", "nothing"),
        ("{}", "other JSON"),
        ('{"error": {"message": "Out of order."}}', "“Out of order.”"),
        ("<!doctype html><title>Sign in {KEY}</title>", "the page “Sign in …”"),
        ("<html>", "a page"),
        ("hello", "another text"),
    ],
)
async def test_an_answer_or_a_token_that_is_none(
    bad: BadServer, service: OpenAI, body: str, told: str
) -> None:
    bad.refusal = Refusal(200, body)
    for verb in ("answer", "secret"):
        error = await failure(VERBS[verb](service))
        assert isinstance(error, ServiceRefused)
        assert error.code == "answer_invalid"
        assert f"it answered with {told}." in error.message


@pytest.mark.parametrize(
    "body",
    [
        '{"value": 5}',
        '{"value": "", "client_secret": "ek_1"}',
        '{"client_secret": {"value": null}}',
        "[" * 5000,
        "[]",
        "null",
    ],
)
async def test_a_token_of_another_kind(bad: BadServer, service: OpenAI, body: str) -> None:
    bad.refusal = Refusal(200, body)
    assert (await failure(service.secret(NONE))).code == "answer_invalid"


async def test_a_socket_where_there_is_none(bad: BadServer, service: OpenAI) -> None:
    bad.refusal = Refusal(200, "Welcome")
    error = await failure(service.connect())
    assert error.code == "answer_invalid"


# --- sockets that open ------------------------------------------------------------------------------------


async def told(service: OpenAI) -> list[str]:
    async with asyncio.timeout(10):
        return [event["type"] async for event in await service.connect()]


@pytest.mark.parametrize("code", [1000, 1001])
async def test_a_good_bye_is_an_end(bad: BadServer, service: OpenAI, code: int) -> None:
    bad.closing = (code, "bye")
    assert await told(service) == ["session.created"]


@pytest.mark.parametrize(
    ("closing", "kind", "code"),
    [
        ((1011, ""), ServiceUnavailable, "connection_lost"),
        ((1011, f"overload {KEY}"), ServiceUnavailable, "connection_lost"),
        ((4000, ""), ServiceUnavailable, "connection_lost"),
        ((4000, "invalid_request_error.beta_api_shape_disabled"), ServiceRefused, "beta_api_shape_disabled"),
        ((3000, "invalid_request_error.invalid_api_key"), ServiceRefused, "invalid_api_key"),
        ((4001, "session_expired"), ServiceUnavailable, "session_expired"),
        ((4001, ""), ServiceUnavailable, "session_expired"),
        ((1008, ""), ServiceRefused, "forbidden"),
        ((4401, "bad key"), ServiceRefused, "forbidden"),
        ((4403, ""), ServiceRefused, "forbidden"),
        (
            (1008, "Your session hit the maximum duration of 60 minutes."),
            ServiceUnavailable,
            "session_expired",
        ),
        ((1011, "The session has expired"), ServiceUnavailable, "session_expired"),
        ((1011, "Your session hit the limit of 60 minutes"), ServiceUnavailable, "session_expired"),
        ((1001, "Session exceeded the 60-minute limit."), ServiceUnavailable, "session_expired"),
        (
            (1001, "It hit the maximum duration of 60 minutes."),
            ServiceUnavailable,
            "session_expired",
        ),
        ((1000, "session_expired"), ServiceUnavailable, "session_expired"),
        ((4999, "why not"), ServiceUnavailable, "connection_lost"),
        ((1000, "Your plan has no calls."), ServiceUnavailable, "connection_lost"),
        ((1011, "No session within 5 seconds"), ServiceUnavailable, "connection_lost"),
        # What a private code means is the service's own affair: what it says counts.
        ((4000, "bad request: model missing"), ServiceRefused, "service_refused"),
        ((4000, "The beta API is no more"), ServiceUnavailable, "connection_lost"),
        ((4000, "shutting down"), ServiceUnavailable, "connection_lost"),
        ((4001, "unauthorized"), ServiceRefused, "invalid_api_key"),
        ((4001, "moving house"), ServiceUnavailable, "connection_lost"),
        ((4003, "forbidden"), ServiceRefused, "forbidden"),
        ((4004, "no such model"), ServiceRefused, "not_found"),
        ((4004, "Deployment_not-found"), ServiceRefused, "not_found"),
        ((4008, "Invalid voice."), ServiceRefused, "service_refused"),
        ((4403, "Model not found"), ServiceRefused, "not_found"),
        ((4429, "rate limit"), ServiceUnavailable, "connection_lost"),
        ((4403, "Too many requests, try again later"), ServiceUnavailable, "connection_lost"),
        ((4002, "invalid state, please try again"), ServiceUnavailable, "connection_lost"),
        ((1011, "invalid frame from upstream"), ServiceUnavailable, "connection_lost"),
    ],
)
async def test_other_ends_are_errors(
    bad: BadServer, service: OpenAI, closing: tuple[int, str], kind: type[ServiceError], code: str
) -> None:
    bad.closing = closing
    error = await failure(told(service))
    assert type(error) is kind
    assert error.code == code
    assert str(closing[0]) in error.message or closing[0] in (1000, 1001)
    assert closing[1].replace(KEY, "…") in error.message
    assert not ("dialect" in error.next_step and "beta" not in closing[1])


@pytest.mark.parametrize(
    ("why", "code"),
    [
        ("", "beta_api_shape_disabled"),
        ("The beta API is no more", "beta_api_shape_disabled"),
        ("bad request: model missing", "service_refused"),
        ("shutting down", "connection_lost"),
    ],
)
async def test_an_end_of_the_old_dialect_is_one_only_in_that(bad: BadServer, why: str, code: str) -> None:
    service = OpenAI("m", KEY, bad.url, dialect="beta")
    bad.closing = (4000, why)
    error = await failure(told(service))
    assert error.code == code
    assert why in error.message
    assert ("dialect" in error.next_step) is (code == "beta_api_shape_disabled")
    await service.close()


@pytest.mark.parametrize("why", ["", "session_expired", "The session has expired"])
async def test_a_session_that_never_was_has_no_time_that_is_over(
    bad: BadServer, service: OpenAI, why: str
) -> None:
    bad.frames = ()
    bad.closing = (4001, why)
    error = await failure(told(service))
    assert (type(error), error.code) == (ServiceUnavailable, "connection_lost")
    assert why in error.message


async def test_a_connection_that_is_cut_in_the_middle_of_a_response(bad: BadServer, service: OpenAI) -> None:
    bad.frames = (
        '{"type": "response.created", "event_id": "e", "response": {"id": "r"}}',
        '{"type": "response.output_audio_transcript.delta", "response_id": "r", "delta": "a"}',
    )
    bad.drops = True
    heard: list[str] = []

    async def listen() -> None:
        async for event in await service.connect():
            heard.append(event["type"])  # noqa: PERF401 - what was heard before the error counts

    error = await failure(listen())
    assert isinstance(error, ServiceUnavailable)
    assert error.code == "connection_lost"
    assert heard == ["response.created", "response.output_audio_transcript.delta"]


@pytest.mark.parametrize("session", ["null", "[]", '"ok"', '{"expires_at": null}', '{"expires_at": "soon"}'])
async def test_a_session_without_settings_costs_nothing(
    bad: BadServer, service: OpenAI, session: str
) -> None:
    bad.frames = tuple(
        f'{{"type": "session.{kind}", "session": {session}}}' for kind in ("created", "updated")
    )
    bad.closing = (1000, "")
    connection = await service.connect()
    assert [event["type"] async for event in connection] == ["session.created", "session.updated"]


async def test_bad_frames_cost_themselves(bad: BadServer, service: OpenAI) -> None:
    bad.frames = (
        "not JSON",
        "[]",
        '{"type": 5}',
        b"\x00\xff\xfe",
        '{"type": "brand.new"}',
        b'{"type": "in.a.binary.frame"}',
        '{"type": "response.done", "response": 7}',
        '{"type": "response.output_text.delta", "delta": 7}',
        "[" * 100_000,
        json.dumps({"type": "huge", "x": "y" * 5_000_000}),
    )
    bad.closing = (1000, "")
    unreadable = "voice_widget.unreadable"
    assert await told(service) == [
        unreadable,
        unreadable,
        unreadable,
        unreadable,
        "brand.new",
        "in.a.binary.frame",
        "response.done",
        unreadable,
        unreadable,
        "huge",
    ]


async def test_a_frame_beyond_all_measure_ends_the_connection(bad: BadServer, service: OpenAI) -> None:
    bad.frames = (json.dumps({"type": "huge", "x": "y" * 17_000_000}),)
    error = await failure(told(service))
    assert error.code == "message_too_large"


async def test_a_key_that_comes_back_is_not_told_on(bad: BadServer, service: OpenAI) -> None:
    bad.frames = ('{"type": "error", "error": {"message": "Wrong: {KEY} ' + EK + '", "code": "x"}}',)
    bad.closing = (1000, "")
    await service.secret(NONE)
    sent = bad.requests[0].key
    async with asyncio.timeout(10):
        (event,) = [event async for event in await service.connect()]
    assert sent in (KEY, TOKEN)
    assert sent not in repr(event)
    assert EK not in repr(event)
    assert event["error"]["message"].startswith("Wrong: ")


@pytest.mark.parametrize("ends_in", [-3, 3, -3600, 3600])
@pytest.mark.parametrize(
    "closing",
    [
        (1008, ""),
        (1008, "bye"),
        (1011, "bye"),
        (4002, "bye"),
        (3000, "invalid_request_error.invalid_api_key"),
    ],
)
async def test_a_close_at_the_session_s_end_is_its_end(
    bad: BadServer, service: OpenAI, closing: tuple[int, str], ends_in: int
) -> None:
    at = time.time() + ends_in
    bad.frames = (json.dumps({"type": "session.created", "session": {"type": "realtime", "expires_at": at}}),)
    bad.closing = closing
    error = await failure(told(service))
    over = abs(ends_in) < 10 and closing[0] != 3000
    assert (error.code == "session_expired") is over
    assert isinstance(error, ServiceUnavailable) or not over


async def heard(service: OpenAI) -> list[Event]:
    async with asyncio.timeout(10):
        return [event async for event in await service.connect()]


async def test_a_key_in_other_letters_of_json_is_not_told_on(bad: BadServer) -> None:
    key = "a/key-of-Strange.l3tters"
    spelled = (
        key.replace("/", "\\/"),
        "".join(f"\\u{ord(letter):04x}" for letter in key),
    )
    bad.frames = [f'{{"type": "x", "deep": [[{{"{word}": "is {word}"}}]]}}' for word in (key, *spelled)]
    bad.closing = (1000, "")
    service = OpenAI("m", key, bad.url)
    assert [event["deep"] for event in await heard(service)] == [[[{"…": "is …"}]]] * 3
    await service.close()


@pytest.mark.parametrize("key", ["k3y-42", "hunter2", "EMPTY-", "lm-studio"])
async def test_a_short_key_is_not_told_on(bad: BadServer, key: str) -> None:
    bad.frames = [
        json.dumps({"type": "error", "error": {"message": f"Wrong key {key}."}}),
        json.dumps({"type": "x", "a": f"it is {key}, I think", "b": f"un{key}un"}),
    ]
    bad.closing = (1000, "")
    service = OpenAI("m", key, bad.url)
    error, other = await heard(service)
    assert error["error"]["message"] == "Wrong key …."
    # Outside of errors words are words.
    word = not any(letter.isdigit() for letter in key)
    assert other["a"] == (f"it is {key}, I think" if word else "it is …, I think")
    assert other["b"] == f"un{key}un"
    await service.close()


async def test_an_expired_token_is_named(bad: BadServer) -> None:
    service = OpenAI("m", EK, bad.url)
    message = f"The client secret {EK} has expired."
    bad.refusal = Refusal(401, json.dumps({"error": {"message": message, "code": "token_expired"}}))
    for verb in ("answer", "connect"):
        error = await failure(VERBS[verb](service))
        assert error.code == "invalid_api_key"
        assert "The client secret … has expired." in error.message
    await service.close()


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (InvalidURI("ws://sk-secret_1/", "no"), "address_invalid", "the address cannot be used"),
        (KeyError("sk-secret_1"), "service_unavailable", "KeyError in the connection"),
    ],
)
def test_what_nobody_thought_of_is_named_without_its_text(error: Exception, code: str, told: str) -> None:
    named = unreachable("It failed", "example.org", error)
    assert (named.code, named.message) == (code, f"It failed: example.org: {told}.")


@pytest.mark.parametrize("body", ["404 page not found", '{"error": {"message": "No such call."}}', ""])
async def test_a_call_that_is_not_there_is_no_wrong_model(bad: BadServer, service: OpenAI, body: str) -> None:
    bad.refusal = Refusal(404, body)
    error = await failure(service.connect(call_id="rtc_1"))
    assert error.code == "call_not_found"
    assert "call" in error.next_step
    assert (await failure(service.connect(session=NONE))).code == "not_found"


@some_verbs
async def test_an_error_that_says_nothing_is_told_by_its_status(
    bad: BadServer, service: OpenAI, verb: Verb
) -> None:
    bad.refusal = Refusal(400, '{"error": {"message": "", "type": "", "code": null, "param": null}}')
    error = await failure(verb(service))
    assert error.message.endswith("(HTTP status 400).")
    assert error.code == "service_refused"
