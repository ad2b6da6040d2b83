"""The house: which folder may import which, what stands where, how long a file may be, and the map."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import pytest

from tests.texts import PACKAGE, ROOT, modules, nodes

# From the top down: nothing imports what stands before it.
ORDER = (
    "__main__",
    "commands",
    "widget",
    "own_tab",
    "talk",
    "call",
    "audio",
    "tools",
    "agents.notebook",  # the path by which notebooks import the assistant
    "agents.builtin",
    "agents.assistant",
    "agents.assistant.intents",
    "agents.assistant.grammar",
    "agents.assistant.telling",
    "agents.assistant.operations",
    "agents.assistant.tables",
    "agents.assistant.language",
    "agents",
    "services",
    "recording.many",
    "recording.talk",  # its verbs are those of the rooms below, which read what it reads
    "replay",
    "analysis",
    "recording",
    "diagnosis",
    "tables",
    "page",
    "realtime.session",
    "realtime.answering",
    "realtime.state",
    "realtime.sound",
    "realtime.settings",
    "realtime.wire",
    "realtime.script",  # a path that people import from, beside the rooms
    "threads",
    "data",
    "errors",
)
# The engine has an order of its own. It imports nothing else but the protocol and the errors.
ENGINE = (
    "engine.__main__",
    "engine.http",
    "engine.pipeline",
    "engine.session_stages",
    "engine.companion",
    "engine.media",
    "engine.conversation",
    "engine.stages",
    "engine.seldom",
    "engine.parent",
)
RUNS_THE_ENGINE = {"commands.serve"}  # the only module that runs the engine in its own process
# May say more than a docstring: they are contracts, or give what is loaded from beside them.
SPEAKING = {"agents", "services", "data", "engine.stages"}
LINES = 400
# They are to be split. Nothing is to be added here.
TOO_LONG: set[str] = set()
# All that a pure module may import beside the package's own: the rest may hold a clock, a file or a thread.
PURE = {
    "__future__",
    "base64",
    "binascii",
    "bisect",
    "collections",
    "copy",
    "dataclasses",
    "datetime",
    "difflib",
    "enum",
    "fractions",
    "functools",
    "itertools",
    "json",
    "math",
    "numpy",
    "re",
    "string",
    "types",
    "typing",
    "unicodedata",
}
PURE_STAGES = {
    f"engine.stages.{name}"
    for name in (
        "voices.breaths",
        "voices.kokoro_text",
        "voices.spoken_numbers",
        "voices.spoken_text",
        "voices.word_times",
    )
}
PURE_RECORDING = {"redaction", "replay", "spoken", "timeline", "utterances"}
PURE_CODING = {"elan", "praat", "problems", "scheme", "tiers", "units"}
ASKS_WHAT_IS_THERE = {"diagnosis.versions", "diagnosis.table"}  # of packages, and of pandas
PURE_BUT_FOR = {
    # `new_id`, which takes its callers' own place: a double counts instead.
    "realtime.wire.events": {"secrets"},
    "realtime.settings.setting_values": {"sys"},  # the largest float
}
TEXT_FORMATS = {
    "hashlib",
    "html",
    "posixpath",
    "textwrap",
    "urllib.parse",
    "xml.etree",
}  # as pure, where texts are made
# What needs no import, and what things of pure modules have besides: clocks, chance, files.
IMPURE_NAMES = {"open", "print", "exec", "eval", "breakpoint", "__import__"}
IMPURE_ATTRIBUTES = {
    "now",
    "today",
    "utcnow",
    "random",
    "fromfile",
    "tofile",
    "memmap",
    "read_text",
    "write_text",
    "read_bytes",
    "write_bytes",
}
MAKES_A_THREAD = {  # or gives work to one that somebody else makes
    "Thread",
    "Timer",
    "ThreadPoolExecutor",
    "start_new_thread",
    "to_thread",
    "run_in_executor",
}


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__") or "__init__"


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
FOLDERS = sorted({path.parent for path in PACKAGE.rglob("*.py")} - {PACKAGE})


def code_of(name: str) -> ast.Module:
    return modules()[MODULES[name]]


def each(found: Callable[[str], set[str]], names: Iterable[str]) -> dict[str, set[str]]:
    """What is found in each of these modules, of which there must be some; nothing of those without."""
    looked = [*names]
    assert looked
    return {name: what for name in looked if (what := found(name))}


def under(*folders: str) -> list[str]:
    return [name for name in MODULES if part(name) in folders]


def imports(tree: ast.AST) -> set[str]:
    """The modules that are imported, also those only for type checkers or inside a function."""
    found: set[str] = set()
    for node in nodes(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            module = node.module or ""
            # `from voice_widget.page import messages` imports a module of that folder.
            modules = [alias.name for alias in node.names if f"{module}.{alias.name}" in DOTTED]
            found.update(f"{module}.{name}" for name in modules)
            if len(modules) < len(node.names):
                found.add(module)
        elif isinstance(node, ast.Call) and called(node) in ("import_module", "__import__"):
            found.update(x.value for x in node.args[:1] if isinstance(x, ast.Constant))
    return found


def called(node: ast.Call) -> str:
    """The last part of the name of what is called."""
    function = node.func
    return getattr(function, "attr", "") or getattr(function, "id", "")


def names_in(tree: ast.AST) -> set[str]:
    """The names that stand in a module: read, reached for in something, or imported from somewhere."""
    return attributes_in(tree) | {
        node.id if isinstance(node, ast.Name) else node.name
        for node in nodes(tree)
        if isinstance(node, ast.Name | ast.alias)
    }


def attributes_in(tree: ast.AST) -> set[str]:
    return {node.attr for node in nodes(tree) if isinstance(node, ast.Attribute)}


def impure(tree: ast.AST) -> set[str]:
    """What a module has of I/O, clocks, threads and chance."""
    names = {node.id for node in nodes(tree) if isinstance(node, ast.Name)}
    foreign = {name for name in imports(tree) if name.split(".")[0] not in PURE | {"voice_widget"}}
    return foreign | (names & IMPURE_NAMES) | (attributes_in(tree) & IMPURE_ATTRIBUTES)


DOTTED = {f"voice_widget.{name}" for name in MODULES}


@cache
def own(name: str) -> set[str]:
    """The modules of this package that one imports: ``realtime.settings.settings`` …"""
    return {
        used.removeprefix("voice_widget.")
        for used in imports(code_of(name))
        if used.startswith("voice_widget.")
    }


def part(name: str) -> str:
    return name.split(".")[0]


def besides(*known: str) -> Callable[[str], set[str]]:
    """What a module imports of other folders than these."""
    return lambda name: {used for used in own(name) if part(used) not in known}


def place(name: str, order: tuple[str, ...]) -> int:
    """Where in an order a module stands, by the longest name that it is or is under; -1: nowhere."""
    under = [entry for entry in order if name == entry or name.startswith(f"{entry}.")]
    return order.index(max(under, key=len)) if under else -1


def circles(graph: dict[str, set[str]]) -> list[set[str]]:
    """The sets of nodes that reach each other, larger than one."""

    def reached(start: str) -> set[str]:
        found: set[str] = set()
        todo = [start]
        while todo:
            for after in graph.get(todo.pop(), set()) - found:
                found.add(after)
                todo.append(after)
        return found

    reach = {name: reached(name) for name in graph}
    found: list[set[str]] = []
    for name, after in reach.items():
        if name in after and not any(name in circle for circle in found):
            found.append({other for other in after if name in reach[other]})
    return found


# --- which may import which ---


def test_every_module_has_a_place():
    known = {"__init__", "engine", "realtime"}
    assert {
        name for name in MODULES if name not in known and place(name, ORDER) < 0 and place(name, ENGINE) < 0
    } == set()
    stand = {place(name, ORDER) for name in MODULES} | {-1}
    assert {entry for at, entry in enumerate(ORDER) if at not in stand} == set()
    stand = {place(name, ENGINE) for name in MODULES} | {-1}
    assert {entry for at, entry in enumerate(ENGINE) if at not in stand} == set()


@pytest.mark.parametrize("order", [ORDER, ENGINE], ids=["kernel", "engine"])
def test_imports_point_downwards(order: tuple[str, ...]):
    def upwards(name: str) -> set[str]:
        return {used for used in own(name) if 0 <= place(used, order) < place(name, order)}

    assert each(upwards, [name for name in MODULES if place(name, order) >= 0]) == {}


def test_no_module_imports_itself_by_way_of_others():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set()}) == [{"b", "c"}]
    assert circles({name: own(name) & MODULES.keys() for name in MODULES}) == []


def test_the_protocol_is_pure():
    assert each(besides("realtime", "errors"), under("realtime")) == {}
    assert each(lambda name: impure(code_of(name)), under("realtime")) == PURE_BUT_FOR


def test_the_engines_conversation_is_pure():
    conversation = {name for name in MODULES if name.startswith("engine.conversation")}
    assert each(lambda name: impure(code_of(name)), conversation | PURE_STAGES) == {}


def test_the_exports_are_pure():
    exports = [name for name in MODULES if name.startswith("recording.exports")]
    assert each(lambda name: impure(code_of(name)) - TEXT_FORMATS, exports) == {}


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("from datetime import UTC, datetime\ndatetime.now(UTC)", {"now"}),
        ("from pathlib import Path", {"pathlib"}),
        ("def f(path):\n    path.write_text('x')", {"write_text"}),
        ("with open('x') as file: ...", {"open"}),
        ("import numpy as np\nnp.random.default_rng()", {"random"}),
        ("def f():\n    import secrets", {"secrets"}),
        ("from importlib import import_module as load", {"importlib"}),
        ("from voice_widget.errors import shown\nimport re", set()),
    ],
)
def test_what_is_impure_is_seen(code: str, found: set[str]):
    assert impure(ast.parse(code)) == found


def test_an_import_by_name_is_one():
    code = "import importlib\nimportlib.import_module('voice_widget.page.checks')"
    assert imports(ast.parse(code)) == {"importlib", "voice_widget.page.checks"}


def test_the_engine_knows_only_the_protocol():
    assert each(besides("engine", "realtime", "errors"), under("engine")) == {}


def test_the_engine_is_reached_by_its_address_only():
    def of_the_engine(name: str) -> set[str]:
        return {used for used in own(name) if part(used) == "engine"}

    others = [name for name in MODULES if part(name) != "engine"]
    assert each(of_the_engine, others).keys() <= RUNS_THE_ENGINE


def test_the_assistant_knows_only_agents():
    assistant = [name for name in MODULES if name.startswith("agents.assistant")]
    assert each(besides("agents", "errors"), assistant) == {}


def test_tables_read_records_only():
    known = ("tables", "recording", "analysis", "realtime", "errors")
    assert each(besides(*known), under("tables", "analysis")) == {}
    # It writes beside the call, and a talk has the verb that shows it.
    assert each(besides(*known, "threads", "replay"), under("recording")) == {}


def test_what_says_where_and_when_is_pure():
    names = [f"recording.{name}" for name in PURE_RECORDING]
    assert each(lambda name: impure(code_of(name)), names) == {}


def test_what_facts_of_a_connection_mean_is_pure():
    names = [name for name in MODULES if name.startswith("diagnosis.") and name not in ASKS_WHAT_IS_THERE]
    assert each(lambda name: impure(code_of(name)) - TEXT_FORMATS, names) == {}


def test_what_reads_and_counts_labels_is_pure():
    names = [f"analysis.coding.{name}" for name in PURE_CODING]
    assert each(lambda name: impure(code_of(name)) - TEXT_FORMATS, names) == {}


def test_threads_are_made_in_one_folder():
    # `threading.Event` is a value and may be passed about; a thread is not.
    others = [name for name in MODULES if part(name) not in ("engine", "threads")]
    assert each(lambda name: names_in(code_of(name)) & MAKES_A_THREAD, others) == {}


def writes(tree: ast.AST) -> set[str]:
    """What is written into something else than itself: ``call.config`` …; of settings also into itself."""
    return {
        node.attr
        for node in nodes(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store | ast.Del)
        and (node.attr == "of_next" or not (isinstance(node.value, ast.Name) and node.value.id == "self"))
    }


def test_the_dialler_is_asked_for_its_own_things_only():
    asked = {
        node.attr
        for name in MODULES
        for node in nodes(code_of(name))
        if isinstance(node, ast.Attribute) and getattr(node.value, "attr", "") == "_dialler"
    }
    of_calls = {"begin", "dial", "finish", "fail_try", "run", "call", "connected_call", "way", "ended"}
    assert asked == of_calls | {"closed", "fall_silent", "holds", "keep", "settle", "warm"}


def test_settings_have_one_writer():
    assert writes(ast.parse("self.a = call.b = 1\nx.config, y.of_next = z")) == {"b", "config", "of_next"}
    setting = {name for name in MODULES if part(name) != "engine" and writes(code_of(name)) & {"config"}}
    assert setting == {"talk.settings"}
    assert {name for name in MODULES if writes(code_of(name)) & {"of_next", "_next"}} <= {"talk.settings"}
    texts = {
        name: {node.value for node in nodes(code_of(name)) if isinstance(node, ast.Constant)}
        for name in MODULES
        if part(name) == "talk"
    }
    assert {name for name in texts if "session.update" in texts[name]} == {"talk.settings"}


def test_the_way_of_a_call_is_chosen_in_one_place():
    ways = {"call.by_peer", "call.by_socket", "call.joined"}
    assert {name for name in MODULES if own(name) & ways} == {"talk.travelling"}


# --- what stands where ---


def test_only_three_modules_stand_at_the_root():
    assert {path.name for path in PACKAGE.glob("*.py")} == {"__init__.py", "__main__.py", "errors.py"}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.relative_to(PACKAGE).as_posix())
def test_every_folder_says_what_belongs_in_it(folder: Path):
    name = module_name(folder / "__init__.py")
    assert name in MODULES, "it has no __init__.py"
    told = ast.get_docstring(code_of(name)) or ""
    text = told.split("\n\nExample:")[0]
    assert len(text.split()) >= 15, "say what belongs here and what does not"
    assert text.endswith(".")
    assert re.search(r"\b(not|no|nothing|never|only)\b", text, re.IGNORECASE), "say what does not belong here"
    if name not in SPEAKING:
        assert len(code_of(name).body) == 1, "imports and code stand in a module of their own"


def test_no_source_file_is_longer_than_it_may_be():
    sources = [
        *PACKAGE.rglob("*.py"),
        *(path for path in (ROOT / "js" / "src").rglob("*.ts") if not path.name.endswith(".gen.ts")),
        *(ROOT / "js" / "src").rglob("*.css"),
        *(ROOT / "benchmarks").glob("*.py"),
        *(ROOT / "scripts").glob("*.py"),
    ]
    assert len(sources) > 200
    long = {
        path.relative_to(ROOT).as_posix()
        for path in sources
        if len(path.read_text(encoding="utf-8").splitlines()) > LINES
    }
    assert long == TOO_LONG


def test_the_map_lists_every_folder_and_no_other():
    told = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = [line for line in told.splitlines() if line.startswith("|")]
    assert len(rows) <= 30
    listed = [path for row in rows[2:] for path in re.findall(r"`([^`]+/)`", row.split("|")[1])]
    assert len(listed) == len(set(listed))
    there = {PACKAGE, *FOLDERS, *(path.parent for path in (ROOT / "js").rglob("*.ts"))}
    there = {path for path in there if path.parts[len(ROOT.parts) :][:2] != ("js", "tests")}
    others = ("js", "js/tests", "tests", "benchmarks", "scripts", "docs", "notebooks")
    there |= {ROOT / name for name in others}
    there = {f"{path.relative_to(ROOT).as_posix()}/" for path in there}
    assert set(listed) == there
    assert all((ROOT / path).is_dir() for path in listed)


def test_what_the_text_of_the_map_names_is_there():
    told = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w./]+\.(?:py|ts|md))`", told)
    assert len(named) > 8
    known = [ROOT, PACKAGE]
    assert {name for name in named if not any((place / name).is_file() for place in known)} == set()


# --- what is loaded ---


def loaded_by(code: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after this code."""
    script = f"{code}\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, cwd=ROOT, check=True
    )
    return set(json.loads(done.stdout))


def test_importing_the_package_loads_nothing_heavy():
    loaded = loaded_by("import voice_widget")
    heavy = {"aiortc", "av", "openai", "pandas", "numpy", "ipywidgets", "anywidget", "aiohttp", "asyncio"}
    assert heavy & loaded == set()
    assert {name for name in loaded if name.startswith("voice_widget.")} == set()


def test_the_widget_itself_loads_no_peer_no_client_and_no_tables():
    loaded = loaded_by("from voice_widget import VoiceWidget, Show, SettingError")
    assert {"aiortc", "av", "openai", "pandas", "aiohttp"} & loaded == set()


def test_the_engines_child_does_not_load_the_kernels_parts():
    loaded = loaded_by("import voice_widget.engine.http.server")
    assert {
        "ipywidgets",
        "anywidget",
        "pandas",
        "openai",
        "voice_widget.widget",
        "voice_widget.talk",
    } & loaded == set()
