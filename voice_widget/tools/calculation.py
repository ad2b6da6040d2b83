"""One expression computed by a process of its own: it can change nothing here, and can be ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import sys
from collections.abc import Mapping
from typing import Any

from voice_widget.services.environment import of_process
from voice_widget.tools.calculator import MOST_RESULT

COMMAND = ("-P", "-m", "voice_widget.tools.calculator")
MOST_GIVEN = 1_000_000_000
"""So many bytes the variables that it reads may have."""
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


async def calculated(expression: str, values: Mapping[str, Any], seconds: float) -> Any:
    """What an expression comes to. The process has ended when this returns, raises or is cancelled.

    Args:
        expression: One that has been checked.
        values: What its names are; only these are sent.
        seconds: So long it may take, with its start.

    Raises:
        ValueError: It raised, was refused, or took too long, too much memory, or gave too much.
    """
    value, _ = await _calculated(expression, values, seconds, with_preview=False)
    return value


async def previewed(expression: str, values: Mapping[str, Any], seconds: float) -> tuple[Any, str]:
    """The same, with a `preview` of it that the same process makes."""
    return await _calculated(expression, values, seconds, with_preview=True)


async def _calculated(
    expression: str, values: Mapping[str, Any], seconds: float, *, with_preview: bool
) -> tuple[Any, str]:
    given = pickle.dumps((expression, dict(values), with_preview), protocol=5)
    if len(given) > MOST_GIVEN:
        raise ValueError(
            f"The variables have {len(given) // 10**6} MB, and {MOST_GIVEN // 10**6} are allowed. "
            "Tell the user that this is too large to be computed here."
        )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *COMMAND,
        str(seconds),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=of_process(os.environ) | _ONE_THREAD,
        start_new_session=True,  # interrupting a cell signals the kernel's process group
    )
    try:
        async with asyncio.timeout(max(seconds, 0)):
            answer = await _asked(process, given)
    except TimeoutError:
        raise ValueError(
            "The expression took too long and was ended. Use fewer rows, or a simpler expression."
        ) from None
    finally:
        await _end(process)
    if answer[:1] == b"+":
        value, text = pickle.loads(answer[1:])
        return value, text
    if answer[:1] == b"-":
        raise ValueError(answer[1:].decode("utf-8", "replace"))
    raise ValueError(
        f"The expression was ended with code {process.returncode}: it takes too much memory or time. "
        "Use fewer rows, or a simpler expression."
    )


async def _asked(process: asyncio.subprocess.Process, given: bytes) -> bytes:
    assert process.stdin is not None
    assert process.stdout is not None
    with contextlib.suppress(ConnectionError):  # it has ended: what it said, or its code, tells why
        process.stdin.write(len(given).to_bytes(8, "big"))
        process.stdin.write(given)
        await process.stdin.drain()
    answer = bytearray()
    while piece := await process.stdout.read(1_000_000):
        answer += piece
        if len(answer) > MOST_RESULT + 1:
            raise ValueError("The result is too large. Aggregate it, or take its first rows.")
    await process.wait()
    return bytes(answer)


async def _end(process: asyncio.subprocess.Process) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    process.stdin.close()
    with contextlib.suppress(ConnectionError):
        await process.stdin.wait_closed()
    while await process.stdout.read(1_000_000):  # to its end: only then is the pipe let go
        pass
    await process.wait()
