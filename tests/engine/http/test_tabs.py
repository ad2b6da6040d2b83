"""Who gets into a room: whoever brings its code first and in time, and then whoever has its key."""

import pytest

from voice_widget.engine.http.tabs import LINK_SECONDS, Rooms

HERE, ELSEWHERE = "http://127.0.0.1:5000", "http://127.0.0.1:6000"


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rooms(clock) -> Rooms[str]:
    return Rooms(clock)


def test_a_code_is_used_once(rooms):
    room, code = rooms.open("kernel")
    entered = rooms.enter(code, HERE)
    assert entered is not None
    name, key = entered
    assert rooms.find(name, key, HERE) is room
    assert rooms.enter(code, HERE) is None
    assert rooms.find(name, key, HERE) is room  # who is in stays in


@pytest.mark.parametrize(("later", "opens"), [(LINK_SECONDS - 0.1, True), (LINK_SECONDS, False)])
def test_a_code_is_used_within_a_minute(rooms, clock, later, opens):
    _, code = rooms.open("kernel")
    clock.now += later
    assert (rooms.enter(code, HERE) is not None) is opens


def test_a_key_stays_good_as_long_as_the_room_is_there(rooms, clock):
    room, code = rooms.open("kernel")
    name, key = rooms.enter(code, HERE)
    clock.now += 10 * LINK_SECONDS
    assert rooms.find(name, key, HERE) is room
    rooms.close(room)
    assert rooms.find(name, key, HERE) is None


def test_nobody_else_gets_in(rooms):
    (one, code), (other, other_code) = rooms.open("kernel"), rooms.open("another")
    name, key = rooms.enter(code, HERE)
    other_name, other_key = rooms.enter(other_code, HERE)
    assert rooms.find(name, key, ELSEWHERE) is None
    assert rooms.find(name, other_key, HERE) is None
    assert rooms.find(name, "", HERE) is None
    assert rooms.find("no room", key, HERE) is None
    assert rooms.enter("", HERE) is None
    assert rooms.enter(key, HERE) is None
    assert (rooms.opens(name, key), rooms.opens(other_name, other_key)) == (one, other)


def test_a_room_that_nobody_has_entered_has_no_key(rooms):
    room, _ = rooms.open("kernel")
    assert rooms.opens(room.name, "") is None
    assert rooms.find(room.name, "", "") is None


def test_what_opens_it_is_not_shown(rooms):
    room, code = rooms.open("kernel")
    _, key = rooms.enter(code, HERE)
    assert code not in repr(room)
    assert key not in repr(room)
    assert not {code, key} & {value for value in vars(room).values() if isinstance(value, str)}
