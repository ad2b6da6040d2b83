import threading

from voice_widget.engine.stages.growing import told_as_it_grows


def test_a_download_is_told_as_it_grows_and_not_while_it_stands_still(tmp_path):
    (tmp_path / "there already").write_bytes(bytes(9_000_000))
    folder = tmp_path / "models" / "new"
    told: list[str] = []
    news = threading.Condition()

    def progress(says: str, of: float | None) -> None:
        with news:
            told.append(says)
            news.notify()

    with told_as_it_grows(tmp_path, "Downloading it.", progress, every_s=0.005):
        folder.mkdir(parents=True)
        for megabytes in (2, 5):
            (folder / "part.incomplete").write_bytes(bytes(megabytes * 1_000_000))
            with news:
                assert news.wait_for(lambda n=megabytes: told[-1].endswith(f" {n} MB are there."), 10)
        (folder / "part.incomplete").rename(folder / "whole")
    assert told[0] == "Downloading it."
    assert told[-1] == "Downloading it. 5 MB are there."


def test_what_is_not_there_has_no_bytes_and_a_failure_passes(tmp_path):
    told: list[str] = []
    try:
        with told_as_it_grows(tmp_path / "none", "Loading.", lambda says, of: told.append(says)):
            raise SystemExit(1)
    except SystemExit:
        pass
    assert told == ["Loading."]
    assert not [thread for thread in threading.enumerate() if thread.name == "downloading"]


def test_where_the_whole_is_known_its_share_is_told(tmp_path):
    (tmp_path / "there already").write_bytes(bytes(9_000_000))
    told: list[tuple[str, float | None]] = []
    asked: list[int] = []
    news = threading.Condition()

    def progress(says: str, of: float | None) -> None:
        with news:
            told.append((says, of))
            news.notify()

    def whole() -> int:
        asked.append(len(told))
        return 8_000_000

    with told_as_it_grows(tmp_path, "Downloading it.", progress, every_s=0.005, whole=whole):
        assert asked == []  # nothing has come
        for megabytes in (2, 6, 9):
            (tmp_path / "part.incomplete").write_bytes(bytes(megabytes * 1_000_000))
            share = min(megabytes / 8, 1.0)  # beyond the whole lies what others bring
            with news:
                assert news.wait_for(lambda of=share: told[-1][1] == of, 10)
    assert (told[0], told[-1]) == (
        ("Downloading it.", None),
        ("Downloading it. 8 of 8 MB are there.", 1.0),
    )
    assert asked == [1]
