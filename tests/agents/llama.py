"""llama.cpp's own server in a process of its own: a chat endpoint that nobody here has written.

``python -m tests.agents.llama MODEL`` serves a model and prints the address; it ends with its input.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CONTEXT = 2048  # tokens
# The model knows no chats: this reads as a text that it may go on with. Tools are offered and called as
# many models do it, so that the server knows their calls for what they are; with `plans` an answer is a call,
# of which the server's grammar holds every token against the tool's parameters.
TEMPLATE = """
{%- for tool in tools or [] %}{{ tool | tojson }}{{ "\\n" }}{% endfor %}
{%- if plans %}Question: How many are there?
Answer: <tool_call>
{"name": "ask_table", "arguments": {"do": "count"}}
</tool_call>
{% endif %}
{%- for message in messages %}
{{- {"user": "Question: ", "assistant": "Answer: "}[message.role] or "" }}{{ message.content or "" }}
{%- for call in message.tool_calls or [] %}
{{- '<tool_call>\\n{"name": "' }}{{ call.function.name }}{{ '", "arguments": ' }}
{{- call.function.arguments | tojson }}{{ '}\\n</tool_call>' }}
{%- endfor %}{{ "\\n" }}
{%- endfor %}
{%- if add_generation_prompt %}Answer: {% if plans %}<tool_call>{% endif %}{% endif %}"""


class Llama:
    """The server.

    Attributes:
        url: Its address, which ends in ``/v1``.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self._root = process.stdout.readline().strip()
        assert self._root, "it ended before it served"
        self.url = f"{self._root}/v1"

    def generating(self) -> bool:
        """Whether it writes an answer at this moment."""
        with urllib.request.urlopen(f"{self._root}/slots", timeout=60) as response:
            slots: list[dict[str, Any]] = json.load(response)
        return any(slot["is_processing"] for slot in slots)


@contextmanager
def served(model: Path, log: Path) -> Iterator[Llama]:
    """A server for as long as somebody asks it."""
    command = [sys.executable, "-m", "tests.agents.llama", str(model)]
    with (
        open(log, "w") as told,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=told, text=True
        ) as process,
    ):
        try:
            yield Llama(process)
        finally:
            process.kill()


def serve(model: str) -> None:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = model
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.n_ctx, params.n_parallel = CONTEXT, 1
    params.endpoint_slots = True
    params.chat_template = TEMPLATE
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    serve(sys.argv[1])
