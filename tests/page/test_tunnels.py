from __future__ import annotations

import pytest

from voice_widget.page.tunnels import is_local, tunnel, user


@pytest.mark.parametrize(
    ("given", "line", "address"),
    [
        (("10.0.0.7", "8888", "ada"), "ssh -L 8888:localhost:8888 ada@10.0.0.7", "http://localhost:8888"),
        (("hub.example", "", "ada"), "ssh -L 8888:localhost:80 ada@hub.example", "http://localhost:8888"),
        (
            ("hub.example", "443", "a b"),
            "ssh -L 8888:localhost:443 user@hub.example",
            "http://localhost:8888",
        ),
        (("[fe80::1]", "9000", ""), "ssh -L 9000:localhost:9000 user@fe80::1", "http://localhost:9000"),
        (("`id`", "1;2", "$USER"), "ssh -L 8888:localhost:80 user@this-server", "http://localhost:8888"),
        (
            ("-oProxyCommand=x", "8888", "-l"),
            "ssh -L 8888:localhost:8888 user@this-server",
            "http://localhost:8888",
        ),
    ],
)
def test_the_line_is_made_of_the_pages_own_address(
    given: tuple[str, str, str], line: str, address: str
) -> None:
    assert tunnel(*given) == (line, address)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("lab.localhost", True),
        ("127.0.0.2", True),
        ("[::1]", True),
        ("10.0.0.7", False),
        ("localhost.example", False),
        ("", False),
    ],
)
def test_what_is_the_browsers_own_machine(host: str, local: bool) -> None:
    assert is_local(host) is local


def test_who_has_no_name_is_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> str:
        raise OSError("no such user")

    monkeypatch.setattr("getpass.getuser", unknown)
    assert user() == ""
