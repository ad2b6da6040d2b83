"""Write ``js/src/model.gen.ts`` from the messages of ``voice_widget/page`` and the widget's traits.

``python scripts/generate_types.py`` writes it, ``--check`` fails when it is not fresh.
"""

from __future__ import annotations

import inspect
import sys
import types
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, is_typeddict

from voice_widget.errors import ErrorInfo, Notice
from voice_widget.page import from_kernel, from_page, parts
from voice_widget.page.checks import fields
from voice_widget.page.failures import PAGE_ERRORS
from voice_widget.realtime.state import records
from voice_widget.talk.falling_back import OF_THE_PATH
from voice_widget.talk.retrying import WAITS_S
from voice_widget.widget.traits import kernel_traits
from voice_widget.widget.widget import VoiceWidget

TARGET = Path(__file__).parents[1] / "js" / "src" / "model.gen.ts"
HEAD = (
    "// Made by scripts/generate_types.py from the messages of voice_widget/page and the widget's traits. "
    "Do not edit.\n"
)
PLAIN = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    Any: "unknown",
    type(None): "null",
    None: "null",
}
ROOMS = (records, parts, from_kernel, from_page)
DECLARED = {
    "ErrorInfo": ErrorInfo,
    "Notice": Notice,
    **{name: kind for room in ROOMS for name, kind in vars(room).items()},
}
NAMES = {
    name: kind
    for name, kind in DECLARED.items()
    if is_typeddict(kind) or get_origin(kind) in (Literal, types.UnionType)
}


def typescript(kind: Any, *, inside: bool = True) -> str:
    """One annotation as a TypeScript type; ``inside`` a declaration, a named type is only named."""
    name = next(
        (
            name
            for name, named in NAMES.items()
            if named is kind or (not is_typeddict(kind) and named == kind)
        ),
        None,
    )
    if inside and name:
        return name
    origin, args = get_origin(kind), get_args(kind)
    if origin is Literal:
        return " | ".join(f'"{option}"' for option in args)
    if origin in (Union, types.UnionType):
        return " | ".join(typescript(option) for option in args)
    if origin is list:
        item = typescript(args[0])
        return f"({item})[]" if " " in item else f"{item}[]"
    if origin is dict:
        return f"Record<string, {typescript(args[1])}>"
    return PLAIN[kind]


def comment(text: str, indent: str = "") -> str:
    """A documentation comment."""
    lines = inspect.cleandoc(text).splitlines()
    if len(lines) == 1:
        return f"{indent}/** {lines[0]} */\n"
    return (
        f"{indent}/**\n" + "".join(f"{indent} * {line}".rstrip() + "\n" for line in lines) + f"{indent} */\n"
    )


def generate() -> str:
    """The whole file."""
    parts = [HEAD]
    for name, kind in NAMES.items():
        if is_typeddict(kind):
            body = "".join(
                f"  {field}{'' if required else '?'}: {typescript(hint)};\n"
                for field, (hint, required) in fields(kind).items()
            )
            parts.append(f"{comment(kind.__doc__ or '')}export interface {name} {{\n{body}}}\n")
            continue
        options = typescript(kind, inside=False)
        if len(options) > 90:
            options = "\n  | " + options.replace(" | ", "\n  | ")
            parts.append(f"export type {name} ={options};\n")
        else:
            parts.append(f"export type {name} = {options};\n")
    codes = "".join(f'\n  | "{code}"' for code in PAGE_ERRORS)
    said = comment("What a page can fail at: `PAGE_ERRORS` has the words.")
    parts.append(f"{said}export type FailureCode ={codes};\n")
    said = comment("How often a lost call is tried to be got back.")
    parts.append(f"{said}export const TRIES = {len(WAITS_S)};\n")
    codes = ", ".join(f'"{code}"' for code in sorted(OF_THE_PATH))
    said = comment("Failures of the path of the sound: by another way it may be well.")
    parts.append(f"{said}export const OF_THE_PATH = [{codes}];\n")
    body = "".join(
        f"{comment(trait.help, '  ')}  {name}: {typescript(trait.kind)};\n"
        for name, trait in kernel_traits(VoiceWidget).items()
    )
    parts.append(f"/** The traits: only Python writes them. */\nexport interface Traits {{\n{body}}}\n")
    return "\n".join(parts)


def main() -> int:
    """Write or check."""
    text = generate()
    if "--check" in sys.argv[1:]:
        if TARGET.exists() and TARGET.read_text(encoding="utf-8") == text:
            return 0
        print(f"{TARGET} is not fresh: run python scripts/generate_types.py", file=sys.stderr)
        return 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
