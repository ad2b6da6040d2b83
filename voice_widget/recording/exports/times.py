"""Milliseconds as the formats write them."""

from __future__ import annotations


def stamp(ms: int, point: str = ".") -> str:
    """Hours, minutes, seconds and thousandths.

    Example:
        >>> stamp(3_723_004)
        '01:02:03.004'
    """
    seconds, thousandths = divmod(ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{point}{thousandths:03}"


def seconds(ms: int) -> str:
    """Seconds with three places.

    Example:
        >>> seconds(1040)
        '1.040'
    """
    return f"{ms // 1000}.{ms % 1000:03}"


def clock(ms: int) -> str:
    """As a person reads it: ``0:07``, ``1:02:03``."""
    whole = ms // 1000
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
