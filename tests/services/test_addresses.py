"""Addresses that are none: what was typed, without what may be secret, and what of it is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from voice_widget.agents.chat import Chat
from voice_widget.errors import SettingError
from voice_widget.services.addresses import check_address, check_web, typed

WRONG = [
    ("", "The address is empty."),
    ("  ", "The address is empty."),
    (7, "The address is a int, not a str."),
    ("nonsense", "The address 'nonsense' does not begin with http:// or https://."),
    ("localhost:8812/v1", "The address 'localhost:8812/v1' does not begin with http:// or https://."),
    ("127.0.0.1:8812", "The address '127.0.0.1:8812' does not begin with http:// or https://."),
    ("ftp://x/v1", "The address 'ftp://x/v1' begins with ftp://, not with http:// or https://."),
    ("http://", "The address 'http://' names no server."),
    ("http:///v1", "The address 'http:///v1' names no server."),
    ("http://[1/v1", "The address 'http://[1/v1' names no server that can be."),
    (
        "http://127.0.0.1:99999/v1",
        "The address 'http://127.0.0.1:99999/v1' has a port that is no number from 1 to 65535.",
    ),
    ("http://h:0/v1", "The address 'http://h:0/v1' has a port that is no number from 1 to 65535."),
    ("http://h:x/v1", "The address 'http://h:x/v1' has a port that is no number from 1 to 65535."),
]


@pytest.mark.parametrize(("address", "said"), WRONG)
def test_what_is_wrong_with_an_address(address: Any, said: str) -> None:
    with pytest.raises(SettingError) as raised:
        check_web(address, next_step='Give one such as "https://example.org/v1".')
    assert raised.value.message == said
    assert raised.value.next_step == 'Give one such as "https://example.org/v1".'
    with pytest.raises(SettingError) as chat:
        Chat(address, "m")
    assert chat.value.message == said


@pytest.mark.parametrize("address", ["http://h", "HTTPS://me:secret@h:65535/v1?a=b", "http://[::1]:1/v1"])
def test_an_address_that_can_be(address: str) -> None:
    check_address(address)
    Chat(address, "m")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://me:secret@h:99999/v1?key=secret#secret", "http://h:99999/v1"),
        ("http://me:se/secret@h/v1", "http://…"),
        ("http://me:se?secret@h/v1", "http://…"),
        ("http://h/v1?to=secret@h", "http://…"),
        ("http://me:se@secret@h:0", "http://h:0"),
        ("me:secret@h/v1", "h/v1"),
        ("me:secret@http://h/v1", "http://h/v1"),
        ("me:secret@h/v1#secret", "h/v1"),
        ("sk-proj-secret_0123456789-secret", "…"),
    ],
)
def test_nothing_secret_is_shown(address: str, shown: str) -> None:
    assert "secret" not in typed(address)
    assert typed(address) == shown
