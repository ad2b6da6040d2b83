"""The process that computes one expression; its argument is for how many seconds at most.

Standard input brings eight bytes with a length, then, pickled, the expression, its values and whether a
preview is wanted; it stays open as long as somebody waits. Standard output gets one byte, ``+`` before a
pickled value with its preview, ``-`` before a sentence.
It ends with that, when its time is over, or when standard input closes.
"""

from __future__ import annotations

import contextlib
import math
import os
import pickle
import signal
import sys
from typing import Any

from voice_widget.threads.parent import end_with_parent
from voice_widget.tools.copies import public
from voice_widget.tools.expressions import compute
from voice_widget.tools.previews import preview
from voice_widget.tools.sizes import Refused

MORE_MEMORY = 2_000_000_000
"""So many bytes it may take beside what Python, its packages and the variables take."""
MOST_RESULT = 200_000_000
"""So many bytes a result may have."""


def main() -> None:
    """Answer one expression."""
    _limit_time(float(sys.argv[1]))
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    length = int.from_bytes(sys.stdin.buffer.read(8), "big")
    expression, values, previewed = pickle.loads(sys.stdin.buffer.read(length))
    end_with_parent()
    _limit_memory()
    answers.write(answer(expression, values, previewed=previewed))
    answers.flush()
    os._exit(0)


def answer(expression: str, values: dict[str, Any], *, previewed: bool = False) -> bytes:
    """What standard output gets.

    Args:
        expression: What is to be computed.
        values: What its names are.
        previewed: With the result, which may take as much time and memory, go a few lines about it.

    Example:
        >>> answer("open('x')", {})
        b'-The function open is not allowed.'
    """
    try:
        value = public(compute(expression, values))
        text = _preview(expression, values, value) if previewed else ""
        found = pickle.dumps((value, text), protocol=5)
    except MemoryError:
        return _sentence(
            f"The expression needs more than {MORE_MEMORY // 10**9} GB of memory. "
            "Use fewer rows or columns, or aggregate first."
        )
    except Refused as error:
        return _sentence(str(error))
    except Exception as error:
        return _sentence(f"{type(error).__name__}: {error}")
    if len(found) > MOST_RESULT:
        return _sentence(
            f"The result has {len(found) // 10**6} MB, and {MOST_RESULT // 10**6} are allowed. "
            "Aggregate it, or take its first rows."
        )
    return b"+" + found


def _preview(expression: str, values: dict[str, Any], value: Any) -> str:
    try:
        return preview(expression, values, value)
    except Exception as error:  # cells may be anything, and the result is there all the same
        return f"No preview: {type(error).__name__}: {error}"


def _sentence(text: str) -> bytes:
    return b"-" + text.encode("utf-8", "replace")


def _limit_time(seconds: float) -> None:
    """The system ends it then: Python may be in one long step that nothing in it can interrupt."""
    if hasattr(signal, "alarm"):
        signal.alarm(math.ceil(seconds) + 1)
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it writes no file
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(seconds) + 1, math.ceil(seconds) + 2))


def _limit_memory() -> None:
    """Where the system says what it has: elsewhere only its time is bounded."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        with open("/proc/self/statm", encoding="ascii") as told:
            has = int(told.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (has + MORE_MEMORY, has + MORE_MEMORY))


if __name__ == "__main__":
    main()
