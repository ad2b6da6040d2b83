"""A comm's message as a frame, and back; what is none is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_widget.own_tab.frames import packed, unpacked


def test_without_buffers_it_is_the_json():
    assert json.loads(packed({"method": "custom", "content": {"ä": 1}})) == {
        "method": "custom",
        "content": {"ä": 1},
    }


def test_with_buffers_it_is_the_jsons_length_the_json_and_the_buffers():
    frame = packed({"a": 1}, [memoryview(b"xyz"), b""])
    head = b'{"a":1,"sizes":[3,0]}'
    assert frame == len(head).to_bytes(4, "big") + head + b"xyz"


@given(st.dictionaries(st.text(), st.integers() | st.text()), st.lists(st.binary(max_size=50), max_size=4))
def test_what_was_packed_comes_out_again(data, buffers):
    data.pop("sizes", None)
    assert unpacked(packed(data, buffers)) == (data, buffers)


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "no json",
        "[]",
        b"",
        b"\0\0\0\x02{}"[:5],
        b"\xff\xff\xff\xff{}",
        packed({}, [b"abc"])[:-1],
        b"\0\0\0\x0e" + b'{"sizes":[-1]}',
        b"\0\0\0\x0f" + b'{"sizes":["1"]}',
        b"\0\0\0\x0b" + b'{"sizes":1}',
    ],
)
def test_what_is_no_such_frame_is_refused(frame):
    with pytest.raises(ValueError):  # noqa: PT011 - of JSON, or our own
        unpacked(frame)
