"""The environment variables that a process of ours gets of the kernel's: a list, not what is left over.

The kernel's environment holds keys by names that nobody can foresee. So it is written here what a Python
process with speech parts needs, and the rest stays where it is.
"""

from __future__ import annotations

import os
import re
import site
import sysconfig
from collections.abc import Mapping
from pathlib import Path

_NEEDED = re.compile(
    "|".join(
        (
            # Who and where one is.
            "HOME|USER|LOGNAME|USERNAME|USERPROFILE|HOMEDRIVE|HOMEPATH|SHELL|TMPDIR|TEMP|TMP|TZ|TZDIR",
            "XDG_[A-Z]+_(HOME|DIR|DIRS)",
            "LANG|LANGUAGE|LC_[A-Z]+",
            # Programs, libraries, data of speech parts.
            "PATH|LD_LIBRARY_PATH|LD_PRELOAD|LIBRARY_PATH|DYLD_[A-Z_]+|NIX_LD|NIX_LD_LIBRARY_PATH",
            "ESPEAK_DATA_PATH|ALSA_[A-Z_]+|HF_(HOME|HUB_CACHE|HUB_OFFLINE|ENDPOINT)",
            # Python, and what it is installed in.
            "PYTHON[A-Z0-9]+|PYTHON_(CPU_COUNT|GIL|JIT|COLORS|PERF_JIT_SUPPORT)|VIRTUAL_ENV|CONDA_PREFIX",
            "COVERAGE_PROCESS_(START|CONFIG)|COV_CORE_[A-Z]+",
            # How many threads may calculate, and how memory is got.
            "(OMP|OPENBLAS|MKL|NUMEXPR|VECLIB|BLIS|GOTO)_[A-Z_]+|KMP_[A-Z_]+|MALLOC_[A-Z_]+|GLIBC_TUNABLES",
            # Proxies and certificates.
            "(HTTP|HTTPS|ALL|NO|FTP)_PROXY|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE",
            # Windows does not work without.
            "SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT|(LOCAL)?APPDATA|PROGRAMDATA|PROGRAMFILES",
            r"PROGRAMFILES\(X86\)|PROGRAMW6432|COMMONPROGRAMFILES|ALLUSERSPROFILE|NUMBER_OF_PROCESSORS|OS",
            "PROCESSOR_[A-Z]+",
        )
    ),
    re.IGNORECASE,
)
_SECRET = re.compile("KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH", re.IGNORECASE)


def needed(environment: Mapping[str, str]) -> dict[str, str]:
    """What of an environment a process of ours needs.

    Example:
        >>> needed({"PATH": "/bin", "lang": "C", "HF_TOKEN": "secret", "MY_NOTES": "mine"})
        {'PATH': '/bin', 'lang': 'C'}
    """
    return {
        name: value
        for name, value in environment.items()
        if _NEEDED.fullmatch(name) and not _SECRET.search(name)
    }


def of_process(environment: Mapping[str, str]) -> dict[str, str]:
    """What a process of ours gets, with this package importable where it is not installed."""
    given = needed(environment)
    root = str(Path(__file__).resolve().parents[2])
    installed = {*site.getsitepackages(), site.getusersitepackages(), sysconfig.get_path("purelib")}
    if root not in {str(Path(place).resolve()) for place in installed}:
        given["PYTHONPATH"] = os.pathsep.join(filter(None, [root, given.get("PYTHONPATH")]))
    return given
