"""Build hook: bundles the front end into ``voice_widget/static``, and puts Flite beside it.

A bundle that is at least as new as its sources is used as it is, so an sdist installs without Node. Set
``VOICE_WIDGET_SKIP_BUNDLE=1`` to leave the front end out on purpose (the widget then says how to build it).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUILT = ("widget.js", "extras.js", "replay.js", "tab.js", "flite.wasm", "flite.LICENSE.txt")


class BundleHook(BuildHookInterface):
    """Runs ``npm ci`` and ``npm run build`` where the bundle is missing or older than its sources."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make sure that the bundle is there before files are collected."""
        if os.environ.get("VOICE_WIDGET_SKIP_BUNDLE") == "1":
            return
        root = Path(self.root)
        built = [root / "voice_widget" / "static" / name for name in BUILT]
        sources = [root / "package.json", *(p for p in (root / "js" / "src").rglob("*") if p.is_file())]
        newest = max(p.stat().st_mtime for p in sources if p.exists())
        if all(p.exists() and p.stat().st_mtime >= newest for p in built):
            return
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError(
                "The front end has to be built and npm was not found. Install Node.js 20 or newer and run "
                "this again, or install a released wheel, which carries the built front end."
            )
        if not (root / "node_modules").exists():
            subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=root, check=True)
        subprocess.run([npm, "run", "build"], cwd=root, check=True)
