"""What every message of a page carries."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class FromPage(TypedDict):
    """What every message of a page carries.

    ``page`` is a random id that each page makes for each model. ``seq`` counts its messages from 1: by it one
    that is delivered twice is known; without it only requests are, by their ids.
    """

    page: str
    seq: NotRequired[int]
