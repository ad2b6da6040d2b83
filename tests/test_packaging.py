"""The sdist and the wheel carry the built front end and install where there is no Node."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from voice_widget.recording.talk import EXAMPLE

ROOT = Path(__file__).resolve().parents[1]
BUNDLE, EXTRAS = "voice_widget/static/widget.js", "voice_widget/static/extras.js"
REPLAY = "voice_widget/static/replay.js"
FLITE = {"voice_widget/static/flite.wasm", "voice_widget/static/flite.LICENSE.txt"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An sdist, and a wheel made of it."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def in_the_sdist(built: Path) -> set[str]:
    with tarfile.open(next(built.glob("*.tar.gz"))) as sdist:
        top = next(built.glob("*.tar.gz")).name.removesuffix(".tar.gz")
        return {name.removeprefix(f"{top}/") for name in sdist.getnames()}


def test_both_carry_the_bundle_the_data_and_the_licence(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
        assert {
            BUNDLE,
            EXTRAS,
            REPLAY,
            "voice_widget/data/penguins.csv",
            "voice_widget/py.typed",
            *FLITE,
        } <= names
        assert {f"voice_widget/data/talk/{path.name}" for path in EXAMPLE.iterdir()} <= names
        assert any(name.endswith("licenses/LICENSE") for name in names)
        for script in (BUNDLE, EXTRAS, REPLAY):
            assert wheel.read(script) == (ROOT / script).read_bytes()
        assert not [name for name in names if not name.startswith("voice_widget")]
    names = in_the_sdist(built)
    assert {
        BUNDLE,
        EXTRAS,
        REPLAY,
        *FLITE,
        "js/src/widget.ts",
        "package-lock.json",
        ".npmrc",
        "hatch_build.py",
    } <= names
    assert not [name for name in names if "node_modules" in name or name.startswith(".venv")]


def test_the_sdist_carries_what_the_readme_links_to(built: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert {"CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "docs/concept.md"} <= set(links)
    assert set(links) - in_the_sdist(built) == set()


def test_the_sdist_installs_without_node(built: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run(
        [*command, "--target", str(tmp_path), str(next(built.glob("*.tar.gz")))],
        check=True,
        env={k: v for k, v in os.environ.items() if k != "PATH"} | {"PATH": str(Path(sys.executable).parent)},
        capture_output=True,
    )
    for script in (BUNDLE, EXTRAS, REPLAY):
        assert (tmp_path / script).read_bytes() == (ROOT / script).read_bytes()


@pytest.mark.parametrize(("script", "most"), [(BUNDLE, 36_000), (EXTRAS, 40_000), (REPLAY, 40_000)])
def test_what_a_page_gets_is_small(script: str, most: int) -> None:
    """A widget object carries the first, or a replay's; the second comes once to a page, when it is idle.

    Of a replay's, half is the library that draws.
    """
    source = (ROOT / script).read_bytes()
    assert len(gzip.compress(source, 9, mtime=0)) <= most
    assert (b"lit$" in source) == (script != EXTRAS), "the second has it of the first"


def test_without_bundle_and_node_the_build_says_what_is_missing(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "package.json"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / "voice_widget").mkdir()
    (tmp_path / "voice_widget" / "__init__.py").touch()
    refused = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--wheel", str(tmp_path)],
        env={"PATH": str(Path(sys.executable).parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode != 0
    assert "Install Node.js" in refused.stdout + refused.stderr
