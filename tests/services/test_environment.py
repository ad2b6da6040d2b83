"""What the engine's process gets of the kernel's environment."""

from __future__ import annotations

import pytest

from voice_widget.realtime.settings.parts import StageSpec
from voice_widget.services import engine_child
from voice_widget.services.engine_child import EngineChild
from voice_widget.services.environment import needed

SECRETS = (
    "HF_TOKEN",
    "AZURE_OPENAI_KEY",
    "OPENAI_API_KEY",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_PROFILE",
    "GITHUB_PAT",
    "DATABASE_URL",
    "PGPASSWORD",
    "JUPYTERHUB_API_TOKEN",
    "VOICE_WIDGET_TOKEN",
    "VOICE_WIDGET_CHAT_KEY",
    "MY_LAB",
    "PYTHON_KEYRING_PASSWORD",
    "PYTHONSECRET",
    "LANGCHAIN_ENDPOINT",
    "HOMEASSISTANT",
    "PATH_TO_CREDENTIALS",
    "OMP_TOKEN",
    "SSH_AUTH_SOCK",
)
KEPT = (
    "PATH",
    "HOME",
    "TMPDIR",
    "LANG",
    "LC_ALL",
    "TZ",
    "XDG_CACHE_HOME",
    "HF_HOME",
    "HF_HUB_OFFLINE",
    "LD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
    "PYTHONPATH",
    "PYTHONUTF8",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "ESPEAK_DATA_PATH",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "HTTPS_PROXY",
    "no_proxy",
    "SSL_CERT_FILE",
    "SystemRoot",
    "LOCALAPPDATA",
    "ProgramFiles(x86)",
)
# An engine that says what stands in its environment instead of which voices it has.
TELLS = """
import json, os, sys
sys.stdin.readline()
print(json.dumps({"port": 1}), flush=True)
print(json.dumps({"voices": sorted(os.environ)}), flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("name", SECRETS)
def test_what_is_not_listed_is_not_given(name: str) -> None:
    assert needed({name: "value"}) == {}


@pytest.mark.parametrize("name", KEPT)
def test_what_speech_parts_proxies_and_locales_need_is_given(name: str) -> None:
    assert needed({name: "value"}) == {name: "value"}


async def test_the_engines_process_has_no_secret_of_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*SECRETS, "LC_ALL", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "C" if name == "LC_ALL" else "http://secret")
    monkeypatch.setattr(engine_child, "COMMAND", ("-c", TELLS))
    child = EngineChild(StageSpec())
    try:
        await child.start()
        assert set(child.voices) & set(SECRETS) == set()
        assert {"PATH", "LC_ALL", "HTTPS_PROXY"} <= set(child.voices)
    finally:
        await child.end()
