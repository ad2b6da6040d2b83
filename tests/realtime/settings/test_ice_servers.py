"""ICE servers as somebody gives them."""

from __future__ import annotations

from typing import Any

import pytest

from voice_widget.errors import SettingError
from voice_widget.realtime.settings.ice_servers import IceServer, checked_ice_servers

TURN = {"urls": "turn:turn.example.org:3478?transport=tcp", "username": "me", "credential": "pa55word"}


@pytest.mark.parametrize(
    ("given", "urls"),
    [
        (None, []),
        ("stun:stun.example.org", [["stun:stun.example.org"]]),
        (TURN, [["turn:turn.example.org:3478?transport=tcp"]]),
        (["stuns:[::1]:5349", TURN], [["stuns:[::1]:5349"], [TURN["urls"]]]),
        ({**TURN, "urls": ["turn:a", "turns:b:443"]}, [["turn:a", "turns:b:443"]]),
    ],
)
def test_they_are_taken_as_browsers_take_them(given: Any, urls: list[list[str]]) -> None:
    assert [server.dump()["urls"] for server in checked_ice_servers(given)] == urls


def test_what_is_dumped_is_what_a_browser_gets() -> None:
    assert checked_ice_servers(TURN)[0].dump() == {**TURN, "urls": [TURN["urls"]]}
    assert checked_ice_servers({"urls": "stun:s", "username": "me", "credential": "c"})[0].dump() == {
        "urls": ["stun:s"]
    }


def test_what_providers_add_from_older_days_is_no_fault() -> None:
    older = {**TURN, "url": TURN["urls"], "credentialType": "password"}
    assert checked_ice_servers(older) == checked_ice_servers(TURN)
    assert checked_ice_servers({"url": "stun:s"}) == (IceServer(("stun:s",)),)


def test_nobody_reads_the_credentials() -> None:
    assert "me" not in repr(checked_ice_servers(TURN)).replace("username", "")
    assert "pa55word" not in repr(checked_ice_servers(TURN))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (3, "`ice_servers` is a int"),
        ([3], "is a int, not a URL and not a mapping"),
        ("http://stun.example.org", "is no URL of an ICE server"),
        ("turn://turn.example.org", "Write turn:host:port."),
        ("stun:a?transport=tcp", "is no URL of an ICE server"),
        ("turn:a?transport=sctp", "is no URL of an ICE server"),
        ("turn:turn.example.org", "needs a username and a credential"),
        ({"urls": "turn:a", "username": "me"}, "needs a username and a credential"),
        ({"urls": "turn:a", "username": "me", "credential": ""}, "The credential of an ICE server"),
        ({**TURN, "username": 7}, "The username of an ICE server is a int"),
        ({"username": "me"}, "has no `urls`"),
        ({"urls": []}, "has no `urls`"),
        ({"urls": [None]}, "None is no URL"),
        ({**TURN, "credentials": "x"}, "Did you mean 'credential'?"),
        ({**TURN, "credentialType": "oauth"}, "has no 'credentialType'"),
        ({**TURN, "urls": "turn:me:pa55word@turn.example.org"}, "is no URL of an ICE server"),
    ],
)
def test_what_is_none_is_refused_by_a_sentence_without_its_secrets(given: Any, said: str) -> None:
    with pytest.raises(SettingError) as caught:
        checked_ice_servers(given)
    assert caught.value.code == "ice_servers_invalid"
    assert said in str(caught.value)
    assert "pa55word" not in str(caught.value)
