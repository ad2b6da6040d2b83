"""What somebody gave as a number: any real one, also NumPy's, but no truth value. Pure."""

from __future__ import annotations

import math
from numbers import Integral, Real


def number(value: object) -> float:
    """A real number; NaN: it is none, or none that a float holds.

    Example:
        >>> import numpy as np
        >>> number(np.int64(500)), number(True), number("5")
        (500.0, nan, nan)
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.nan


def milliseconds(value: object) -> int | None:
    """A time in whole milliseconds, of any number that has an end; None: it is none.

    Example:
        >>> import numpy as np
        >>> milliseconds(np.int64(500)), milliseconds(7.6), milliseconds(math.inf), milliseconds(True)
        (500, 8, None, None)
    """
    found = number(value)
    return round(found) if math.isfinite(found) else None


def whole(value: object, least: int) -> int | None:
    """A whole number from ``least`` on; None: it is none.

    Example:
        >>> import numpy as np
        >>> whole(np.uint8(3), 1), whole(0, 1), whole(3.0, 1), whole(True, 1)
        (3, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        return None
    return int(value)
