from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "voice_widget"
# From the top down: nothing imports what stands before it.
ORDER = (
    "__main__",
    "commands.serve",
    "commands.hello",
    "widget.widget",
    "widget.wiring",
    "widget.report",
    "talk.talk",
    "talk.pages",
    "talk.dialler",
    "talk.replies",
    "call.call",
    "audio.memory",
    "call.deliveries",
    "services",
    "realtime",
    "errors",
)
ANALYSIS = ("tables.transcript", "tables.metrics")
MAKES_THREADS = {"threads.loop", "threads.publisher"}
IMPURE = {
    "asyncio",
    "threading",
    "time",
    "socket",
    "subprocess",
    "random",
    "logging",
    "os",
    "aiohttp",
    "aiortc",
}


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__") or "__init__"


MODULES = {
    module_name(path): ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))
}


def imports(tree: ast.AST, *, types_too: bool = False) -> set[str]:
    """The modules that are imported; those only for type checkers on demand."""
    found: set[str] = set()

    def walk(node: ast.AST) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test) and not types_too:
            return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            found.add(node.module or "")
            # `from voice_widget import errors` imports a module, too.
            found.update(
                f"{node.module}.{alias.name}" for alias in node.names if node.module == "voice_widget"
            )
        for child in ast.iter_child_nodes(node):
            walk(child)

    walk(tree)
    return found


def own(tree: ast.AST) -> set[str]:
    """The parts of this package that are imported: ``realtime.config`` …"""
    return {name.removeprefix("voice_widget.") for name in imports(tree) if name.startswith("voice_widget.")}


def part(name: str) -> str:
    return name.split(".")[0]


def place(name: str) -> str:
    """What of `ORDER` a module is or belongs to; empty for those that have no place in it."""
    return next((entry for entry in ORDER if name == entry or name.startswith(f"{entry}.")), "")


def test_every_module_is_looked_at():
    assert {
        "widget.widget",
        "talk.talk",
        "call.call",
        "services",
        "services.local",
        "realtime.session",
        "engine.http.server",
    } <= set(MODULES)


@pytest.mark.parametrize("name", [name for name in MODULES if place(name)])
def test_imports_point_downwards(name: str):
    above = ORDER[: ORDER.index(place(name))]
    upwards = {used for used in own(MODULES[name]) if place(used) in above}
    assert upwards == set()


@pytest.mark.parametrize("name", [name for name in MODULES if part(name) == "realtime"])
def test_the_protocol_is_pure(name: str):
    used = own(MODULES[name])
    assert {x for x in used if part(x) not in ("realtime", "errors") and x != "page.messages"} == set()
    assert {x for x in imports(MODULES[name]) if x.split(".")[0] in IMPURE} == set()


def test_the_engines_conversation_is_pure():
    for name in ("engine.conversation.conversation", "engine.stages.turns"):
        assert {x for x in imports(MODULES[name]) if x.split(".")[0] in IMPURE} == set()


@pytest.mark.parametrize("name", [name for name in MODULES if part(name) == "engine"])
def test_the_engine_knows_only_the_protocol(name: str):
    assert {x for x in own(MODULES[name]) if part(x) not in ("engine", "realtime", "errors")} == set()


@pytest.mark.parametrize("name", [name for name in MODULES if part(name) != "engine"])
def test_the_engine_is_reached_by_its_address_only(name: str):
    assert {x for x in own(MODULES[name]) if part(x) == "engine"} == set() or name in (
        "__main__",
        "commands.serve",
        "services.local",
    )


@pytest.mark.parametrize("name", [name for name in MODULES if name in ANALYSIS])
def test_analysis_reads_records_only(name: str):
    assert {
        x for x in own(MODULES[name]) if part(x) in ("widget", "talk", "call", "services", "engine")
    } == set()


@pytest.mark.parametrize("name", [name for name in MODULES if part(name) != "engine"])
def test_threads_are_made_in_two_places(name: str):
    # `threading.Event` is a value and may be passed about; a thread is not.
    made = {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for node in ast.walk(MODULES[name])
        if isinstance(node, ast.Attribute | ast.Name)
    } & {"Thread", "ThreadPoolExecutor", "start_new_thread"}
    assert made == set() or name in MAKES_THREADS


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
        "voice_widget.widget.widget",
        "voice_widget.talk.talk",
    } & loaded == set()
