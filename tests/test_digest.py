"""A file is read once, as long as it stands as it is."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from minitfx import digest
from minitfx.digest import DigestMemo, digest_file, digest_tree, remembering
from minitfx.errors import StorageError


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were read."""
    found: list[Path] = []
    plain = digest._sha256

    def counted(path: Path) -> str:
        found.append(path)
        return plain(path)

    monkeypatch.setattr(digest, "_sha256", counted)
    return found


def write(path: Path, text: str, age_s: float = 60.0) -> Path:
    path.write_text(text)
    moment = time.time() - age_s
    os.utime(path, (moment, moment))
    return path


def test_a_digest_is_the_sha256_of_the_bytes(tmp_path: Path) -> None:
    path = write(tmp_path / "a", "häß")
    assert digest_file(path) == hashlib.sha256("häß".encode()).hexdigest()
    assert digest_tree(path).content == digest_file(path)


def test_a_known_file_is_read_once_also_by_the_next_process(
    tmp_path: Path, reads: list[Path]
) -> None:
    path, kept = write(tmp_path / "a", "1"), tmp_path / "digests.json"
    for _ in range(2):
        memo = DigestMemo(kept)
        with remembering(memo):
            digest_file(path)
            digest_file(path)
        memo.save()
    assert reads == [path]


@pytest.mark.parametrize("change", ["size", "time", "inode", "path"])
def test_a_file_that_changed_in_any_way_is_read_again(
    change: str, tmp_path: Path, reads: list[Path]
) -> None:
    path = write(tmp_path / "a", "1")
    with remembering(DigestMemo()):
        digest_file(path)
        stat = path.stat()
        if change == "size":
            path.write_text("22")
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        elif change == "time":
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1000))
        else:
            other = write(tmp_path / "b", "2")
            os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
            path = other.replace(path) if change == "inode" else other
        found = digest_file(path)
    assert len(reads) == 2
    assert found == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_file_that_was_just_written_is_not_trusted(tmp_path: Path, reads: list[Path]) -> None:
    path = write(tmp_path / "a", "1", age_s=0.0)
    with remembering(DigestMemo()):
        digest_file(path)
        digest_file(path)
    assert len(reads) == 2


def test_files_that_are_gone_are_forgotten(tmp_path: Path) -> None:
    paths = [write(tmp_path / name, name) for name in "ab"]
    memo = DigestMemo(tmp_path / "digests.json")
    with remembering(memo):
        for path in paths:
            digest_file(path)
    paths[0].unlink()
    memo.save()
    assert str(paths[0]) not in (tmp_path / "digests.json").read_text()
    assert str(paths[1]) in (tmp_path / "digests.json").read_text()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1}', '{"a": [1]}', "\0"])
def test_a_memo_that_is_damaged_costs_only_time(text: str, tmp_path: Path) -> None:
    (tmp_path / "digests.json").write_text(text)
    path = write(tmp_path / "a", "1")
    with remembering(DigestMemo(tmp_path / "digests.json")):
        assert digest_file(path) == hashlib.sha256(b"1").hexdigest()


def test_what_is_left_out_is_listed_but_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "x" / "logs").mkdir(parents=True)
    write(tmp_path / "x" / "a", "1")
    before = digest_tree(tmp_path / "x", ["logs/*"])
    write(tmp_path / "x" / "logs" / "l", "2")
    after = digest_tree(tmp_path / "x", ["logs/*"])
    assert before.content == after.content != digest_tree(tmp_path / "x").content
    assert set(after.files) == {"a", "logs/l"}


def test_a_name_counts_like_the_content(tmp_path: Path) -> None:
    for folder, name in (("x", "ab"), ("y", "a")):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / name, "c" if folder == "x" else "bc")
    assert digest_tree(tmp_path / "x").content != digest_tree(tmp_path / "y").content


def test_what_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="does not exist"):
        digest_tree(tmp_path / "nowhere")
    with pytest.raises(StorageError, match="cannot read"):
        digest_file(tmp_path / "nowhere")
