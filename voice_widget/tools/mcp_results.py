"""What an MCP server says of its tools and gives by them, by the protocol's own names: pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Generator, Mapping, Sequence
from typing import Any

from voice_widget.agents import Show

_NAME = re.compile(r"[^a-zA-Z0-9_-]")
LONGEST_NAME = 64
Told = Mapping[str, Any]


def tool_name(name: str, prefix: str = "") -> str:
    """A name that services take, from one that a server has given.

    Example:
        >>> tool_name("files/list.all"), tool_name("list", "my files")
        ('files_list_all', 'my_files_list')
    """
    whole = f"{prefix}_{name}" if prefix else name
    return _NAME.sub("_", whole)[:LONGEST_NAME] or "tool"


def parameters(tool: Told) -> dict[str, Any]:
    """The JSON schema of a tool's arguments, which is the server's own."""
    schema = tool.get("inputSchema")
    schema = dict(schema) if isinstance(schema, Mapping) else {}
    schema.pop("$schema", None)  # services know one kind only, and refuse its name
    return {"type": "object", "properties": {}, **schema}


def text_of(content: Sequence[Told]) -> str:
    r"""What the blocks of a result, or of a prompt, say.

    Example:
        >>> text_of([{"type": "text", "text": "Two."}, {"type": "resource_link", "uri": "file:///a.txt"}])
        'Two.\nfile:///a.txt'
    """
    told = []
    for block in content:
        resource = block.get("resource")
        resource = resource if isinstance(resource, Mapping) else {}
        told.append(
            block.get("text") or resource.get("text") or block.get("uri") or resource.get("uri") or ""
        )
    return "\n".join(str(text) for text in told if text)


def value_of(result: Told) -> Any:
    """What a tool's result is for us: its text, else what is structured; images are steps before it.

    Raises:
        ValueError: The tool says that it failed; the words are its own.
    """
    content = [block for block in result.get("content") or () if isinstance(block, Mapping)]
    text, structured = text_of(content), result.get("structuredContent")
    if result.get("isError"):
        raise ValueError(text or "The MCP server's tool says that it failed, and not why.")
    images = [block for block in content if block.get("type") == "image"]
    sounds = sum(block.get("type") == "audio" for block in content)
    if sounds and not text:
        text = f"{sounds} piece{'s' if sounds > 1 else ''} of sound, which nobody here plays."
    value = text or ("" if structured is None else structured)
    return _with_images(images, value) if images else value


def _with_images(images: Sequence[Told], value: Any) -> Generator[Show, None, Any]:
    from IPython.display import Image

    for image in images:
        try:
            data = base64.b64decode(image.get("data") or "", validate=True)
        except (binascii.Error, ValueError, TypeError):
            continue
        kind = str(image.get("mimeType") or "image/png").rpartition("/")[2]
        if kind in ("png", "jpeg", "gif", "webp"):
            yield Show(Image(data=data, format=kind), "image")  # type: ignore[no-untyped-call]
    return value or None


def prompt_text(prompt: Told) -> str:
    """The messages of a prompt as one text."""
    messages = (message.get("content") for message in prompt.get("messages") or ())
    return "\n\n".join(text for one in messages if isinstance(one, Mapping) and (text := text_of([one])))
