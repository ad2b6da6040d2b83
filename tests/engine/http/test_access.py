"""Who may talk to the engine."""

import pytest

from voice_widget.engine.http.access import MOST_SECRETS, Access, credential_of


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_the_token_and_only_the_token_grants_everything():
    access = Access("right")
    grant = access.check("right")
    assert grant is not None
    assert grant.full
    for wrong in ("wrong", "", None, "righ", "right ", "ek_right", "\udce4", "ü"):
        assert access.check(wrong) is None


def test_a_secret_brings_its_session_and_expires():
    clock = Clock()
    access = Access("t", clock=clock)
    secret = access.mint({"type": "realtime", "instructions": "Be brief."}, 60)
    assert secret.value.startswith("ek_")
    assert secret.expires_at == 1_000_060
    grant = access.check(secret.value)
    assert grant is not None
    assert not grant.full
    assert grant.session["instructions"] == "Be brief."
    clock.now += 59
    assert access.check(secret.value) is not None
    clock.now += 1
    assert access.check(secret.value) is None


@pytest.mark.parametrize(("asked", "given"), [(1, 10), (600, 600), (999_999, 7200)])
def test_the_life_of_a_secret_has_bounds(asked, given):
    assert Access("t", clock=Clock()).mint({}, asked).expires_at == 1_000_000 + given


def test_the_number_of_secrets_is_bounded_and_the_oldest_goes_first():
    access = Access("t", clock=Clock())
    first, second = access.mint({}), access.mint({})
    for _ in range(MOST_SECRETS - 1):
        access.mint({})
    assert access.check(first.value) is None
    assert access.check(second.value) is not None


def test_no_repr_shows_a_token_or_a_secret():
    access = Access("hidden-token")
    secret = access.mint({})
    shown = repr([access, vars(access), secret, access.check(secret.value)])
    assert "hidden-token" not in shown
    assert secret.value not in shown


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "http://localhost:8888",
        "http://lab.localhost:8888",
        "http://127.0.0.1:9",
        "https://127.1.2.3",
        "http://[::1]:8888",
        "https://hub.example.org",
        "https://HUB.example.org/",
    ],
)
def test_origins_on_the_loopback_and_named_ones_may_ask(origin):
    assert Access("t", origins=["https://hub.example.org"]).allows_origin(origin)


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "https://evil.example",
        "https://hub.example.org.evil.example",
        "http://hub.example.org",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "file://localhost",
        "http://[::1",
        "http://10.0.0.1",
    ],
)
def test_other_origins_may_not(origin):
    assert not Access("t", origins=["https://hub.example.org"]).allows_origin(origin)


def test_a_credential_comes_by_header_or_by_subprotocol():
    assert credential_of("Bearer abc") == "abc"
    assert credential_of("bearer  abc ") == "abc"
    assert credential_of("Basic abc") is None
    assert credential_of("Bearer ") is None
    assert credential_of(None, ["realtime", "openai-insecure-api-key.ek_1"]) == "ek_1"
    assert credential_of(None, ["realtime"]) is None
    assert credential_of(None) is None
