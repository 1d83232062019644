"""Files may be lost, cut off or overwritten, the disk be full, and the clock be set back."""

from __future__ import annotations

import logging
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from faulty import TABLES, assert_sound, digests, run, run_in_child, varied
from parts import Source

from minitfx import LocalDagRunner, Pipeline
from minitfx.catalog.session import open_catalog, query
from minitfx.errors import CatalogCorruptError, RunError
from minitfx.result import RunResult

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunResult]:
    """A folder in which a pipeline was run, and what it gave."""
    folder = tmp_path_factory.mktemp("whole")
    return folder, run(folder / "root", varied)


@pytest.fixture
def root(whole: tuple[Path, RunResult], tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(whole[0], tmp_path / "copy")
    return tmp_path / "copy" / "root"


def states(result: RunResult) -> set[str]:
    return {str(node.state) for node in result.nodes.values() if node.kind == "component"}


def nodes(root: Path) -> list[tuple[object, ...]]:
    return query(open_catalog(root), "SELECT * FROM nodes ORDER BY execution_id").rows


def cut(part: float) -> Callable[[Path], None]:
    return lambda path: os.truncate(path, int(path.stat().st_size * part))


def lose(path: Path) -> None:
    path.unlink()


def lose_but_keep_the_log(path: Path) -> None:
    path.with_name(f"{path.name}.wal").write_bytes(path.read_bytes()[:4096])
    path.unlink()


def garbage(path: Path) -> None:
    path.write_bytes(random.Random(1).randbytes(100_000))


def text(path: Path) -> None:
    path.write_text("a letter to a friend\n" * 1000)


def garbage_in_the_log(path: Path) -> None:
    path.with_name(f"{path.name}.wal").write_bytes(random.Random(1).randbytes(10_000))


HARMS = [cut(0), cut(0.001), cut(0.5), cut(0.99), lose, lose_but_keep_the_log, garbage, text]
NAMES = ["empty", "stump", "half", "nearly", "lost", "only its log", "garbage", "text"]


@pytest.mark.parametrize("harm", [*HARMS, garbage_in_the_log], ids=[*NAMES, "garbage in its log"])
def test_a_damaged_catalog_is_made_anew(
    harm: Callable[[Path], None], root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = nodes(root)
    harm(root / "catalog.duckdb")
    with caplog.at_level(logging.WARNING, "minitfx"):
        assert nodes(root) == before
    kept = list(root.glob("catalog.duckdb.old-*"))
    assert len(kept) == caplog.text.count("made anew from the records")
    if harm in (HARMS[1], HARMS[2], garbage, text):
        assert len(kept) == 1
    assert states(run(root, varied)) == {"CACHED"}
    assert_sound(root)


@pytest.mark.parametrize("harm", HARMS[2:], ids=NAMES[2:])
def test_a_run_that_finds_a_damaged_catalog_goes_on(
    harm: Callable[[Path], None], root: Path
) -> None:
    harm(root / "catalog.duckdb")
    assert states(run(root, varied)) == {"CACHED"}
    assert_sound(root)


@pytest.mark.parametrize("number", range(8))
def test_a_block_that_is_overwritten_is_found_or_does_no_harm(number: int, root: Path) -> None:
    before = nodes(root)
    chance = random.Random(number)
    path = root / "catalog.duckdb"
    with path.open("r+b") as file:
        file.seek(chance.randrange(path.stat().st_size))
        file.write(chance.randbytes(512))
    assert nodes(root) == before
    assert states(run(root, varied)) == {"CACHED"}
    for table in TABLES:
        query(open_catalog(root), f"SELECT * FROM {table}")
    assert_sound(root)


def test_a_healthy_database_of_others_is_left_alone(root: Path) -> None:
    path = root / "catalog.duckdb"
    path.unlink()
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE mine (a INTEGER)")
    before = path.read_bytes()
    with pytest.raises(CatalogCorruptError, match="but no minitfx catalog"):
        nodes(root)
    with pytest.raises(RunError, match="but no minitfx catalog"):
        run(root, varied)
    assert path.read_bytes() == before


def test_a_file_elsewhere_that_never_was_the_catalog_is_left_alone(root: Path) -> None:
    letter = root.parent / "letter.txt"
    text(letter)
    before = letter.read_bytes()
    plan = Pipeline("demo", root, [Source()], True, letter)
    with pytest.raises(CatalogCorruptError, match="cannot be read as a catalog"):
        LocalDagRunner().run(plan)
    assert letter.read_bytes() == before


def test_a_damaged_catalog_elsewhere_is_made_anew(tmp_path: Path) -> None:
    place = tmp_path / "meta" / "shared.duckdb"
    for name in ("a", "b"):
        LocalDagRunner().run(Pipeline(name, tmp_path / name, [Source()], True, place))
    before = nodes(tmp_path / "a")
    assert len(before) == 2
    garbage(place)
    assert nodes(tmp_path / "b") == before


def test_records_that_are_damaged_cost_only_what_they_said(root: Path) -> None:
    records = root / ".system"
    (records / "executions" / "1.json").write_text('{"id": 1, "run_')
    (records / "executions" / "2.json").write_bytes(b"\xff\xfe\x00")
    for path in (records / "fingerprints").iterdir():
        path.write_bytes(path.read_bytes() + b"\xff\xfe torn")
    (records / "digests.json").write_bytes(b"\xff")
    next((records / "runs").iterdir()).write_text("[")
    result = run(root, varied)
    assert states(result) == {"CACHED", "COMPLETE"}
    assert states(run(root, varied)) == {"CACHED"}


def test_payloads_that_are_gone_are_made_again(root: Path, whole: tuple[Path, RunResult]) -> None:
    rows = query(open_catalog(root), "SELECT uri FROM artifacts WHERE NOT is_external").rows
    for (uri,) in rows:
        shutil.rmtree(uri)
    result = run(root, varied)
    assert states(result) == {"COMPLETE"}
    assert digests(result) == digests(whole[1])


def test_payloads_that_were_changed_are_made_again(
    root: Path, whole: tuple[Path, RunResult]
) -> None:
    rows = query(open_catalog(root), "SELECT uri FROM artifacts WHERE NOT is_external").rows
    for (uri,) in rows:
        for path in Path(uri).iterdir():
            path.write_bytes(bytes(255 - byte for byte in path.read_bytes()) or b"x")
    result = run(root, varied)
    assert states(result) == {"COMPLETE"}
    assert digests(result) == digests(whole[1])


def test_a_clock_that_is_set_back_keeps_the_order_of_runs(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = time.time
    for back in (86_400.0, 3600.0):
        monkeypatch.setattr(time, "time", lambda back=back: true() - back)
        assert states(run(root, varied)) == {"CACHED"}
    rows = query(
        open_catalog(root),
        "SELECT r.run_id, min(n.execution_id) FROM runs r JOIN nodes n USING (run_id) "
        "GROUP BY 1 ORDER BY 2",
    ).rows
    ids = [id for id, _ in rows]
    assert len(ids) == 3
    assert ids == sorted(ids)
    assert_sound(root)


needs_mounts = pytest.mark.skipif(
    subprocess.run(
        ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False
    ).returncode
    != 0
    if shutil.which("unshare")
    else True,
    reason="this machine lets nobody mount a small disk",
)


@needs_mounts
def test_a_full_disk_stops_a_run_and_room_lets_it_go_on(tmp_path: Path) -> None:
    sizes = ["40", "300", "1500", "3000"]
    done = subprocess.run(
        ["unshare", "-rm", sys.executable, HERE / "full_disk.py", tmp_path, *sizes],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    ends = [line for line in done.stdout.splitlines() if line.startswith("disk of")]
    assert len(ends) == len(sizes)
    assert sum("No space left on device" in line for line in ends) >= 2


def limited(root: Path) -> Pipeline:
    """Return the pipeline, in a process that may write only small files from now on."""
    import resource

    size = int(root.name)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return varied(root)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
@pytest.mark.parametrize("size", [300, 3000, 30_000, 600_000])
def test_files_that_can_be_written_in_part_only(
    size: int, tmp_path: Path, whole: tuple[Path, RunResult]
) -> None:
    root = tmp_path / str(size)
    assert (run_in_child(root, limited) == 0) == (size > 500_000)
    result = run(root, varied)
    assert digests(result) == digests(whole[1])
    assert_sound(root)


READ_ONLY = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from faulty import run, varied
from minitfx.catalog.session import open_catalog, query
from minitfx.errors import StorageError
root = Path(sys.argv[1])
print(query(open_catalog(root), "SELECT count(*) FROM nodes").rows[0][0], "nodes")
try:
    run(root, varied)
except StorageError as error:
    print(error)
"""


@needs_mounts
def test_a_root_that_cannot_be_written_to_can_be_read(root: Path) -> None:
    before = nodes(root)
    script = (
        'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$1" -c "$2" "$0" "$3"'
    )
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, root, sys.executable, READ_ONLY, HERE.parent],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == [
        f"{len(before)} nodes",
        f"{root} cannot be written to; choose another pipeline_root",
    ], done.stderr
    assert nodes(root) == before


NOBODY = 65534
AS_NOBODY = f"""
import os, sys, tempfile
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from faulty import run, varied
from minitfx.catalog.session import open_catalog, query
with tempfile.TemporaryDirectory() as folder:  # load all code, while it can be read for sure
    run(Path(folder, "root"), varied)
    query(open_catalog(Path(folder, "root")), "SELECT 1")
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid({NOBODY})
    os.setuid({NOBODY})
{READ_ONLY}
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows knows other rights")
def test_a_folder_without_the_right_to_write_is_one_clear_error(root: Path) -> None:
    """Root may write anywhere, so it becomes somebody else."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        place = Path(folder, "root")
        shutil.copytree(root, place)
        (place.parent / "given").mkdir()
        (place.parent / "given").chmod(0o777)
        found = [place, *place.rglob("*")]
        for each in found:
            each.chmod(0o555 if each.is_dir() else 0o444)
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, place, HERE.parent],
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
        )
        for each in found:
            each.chmod(0o700)
    assert done.stdout.splitlines()[-2:] == [
        f"{len(nodes(root))} nodes",
        f"{place} cannot be written to; choose another pipeline_root",
    ], done.stderr
