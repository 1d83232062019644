"""Data, parameters, environment and payloads: what counts and what does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from project import ALL, computed, edit, run, write

from minitfx import LocalDagRunner
from minitfx.cli.project import load_pipeline
from minitfx.errors import RunError


def test_a_touched_file_hits(project: Path, tmp_path: Path) -> None:
    """TFX goes by file count, size and modification time."""
    os.utime(project / "table.txt", (1, 1))
    assert computed(run(project, tmp_path / "root")) == set()


def test_an_edit_of_equal_size_and_time_misses(project: Path, tmp_path: Path) -> None:
    """TFX does not see an edit of the same size within the same second."""
    stat = (project / "table.txt").stat()
    (project / "table.txt").write_text("3\n1\n4\n")
    os.utime(project / "table.txt", ns=(stat.st_atime_ns, stat.st_mtime_ns + 1000))
    assert "Read" in computed(run(project, tmp_path / "root"))


def test_a_renamed_input_of_equal_bytes_hits(project: Path, tmp_path: Path) -> None:
    (project / "table.txt").rename(project / "renamed.txt")
    edit(project, "flow.py", '"table.txt"', '"renamed.txt"')
    assert computed(run(project, tmp_path / "root")) == set()


def test_equal_bytes_stop_the_wave(project: Path, tmp_path: Path) -> None:
    """Dagster 14842: recomputed, but the output is unchanged, so nothing downstream runs."""
    (project / "table.txt").write_text("2\n3\n1\n")
    assert computed(run(project, tmp_path / "root")) == {"Read"}


def test_a_missing_payload_is_computed_again(project: Path, tmp_path: Path) -> None:
    """Prefect 8892, ZenML 3975: a record whose artifact is gone."""
    for path in (tmp_path / "root" / "by_file" / "model").iterdir():
        (path / "model.txt").unlink()
    assert computed(run(project, tmp_path / "root")) == {"by_file"}


def test_an_edited_payload_is_computed_again(project: Path, tmp_path: Path) -> None:
    """Kedro goes by whether an output exists."""
    for path in (tmp_path / "root" / "Read" / "examples").iterdir():
        (path / "numbers.txt").write_text("9 9 9")
    result = run(project, tmp_path / "root")
    assert computed(result) == {"Read"}
    assert "was changed" in result.nodes["Read"].cause


def test_a_failure_is_never_cached(project: Path, tmp_path: Path) -> None:
    """Prefect 15991: a failure that was later loaded as a result."""
    edit(
        project, "training.py", "return helpers.mean", "raise ValueError()\n    return helpers.mean"
    )
    for _ in range(2):
        with pytest.raises(RunError) as caught:
            run(project, tmp_path / "root")
        assert caught.value.result.nodes["by_file"].state == "FAILED"


def test_a_stale_module_is_not_served_in_a_long_lived_process(
    project: Path, tmp_path: Path
) -> None:
    """Flyte SDK 1508: code that was loaded once and stayed."""
    for value in (21, 22, 23):
        text = (project / "helpers.py").read_text()
        (project / "helpers.py").write_text(text.replace(text.split("\n")[1], f"LEVEL = {value}"))
        result = run(project, tmp_path / "root")
        model = result.artifacts("by_file", "model")[0].path / "model.txt"
        assert model.read_text() == str(2.0 + value + 1)


def test_the_cache_goes_across_runs_and_pipelines(project: Path, tmp_path: Path) -> None:
    """Metaflow 1918: results are not only resumed, but found again."""
    edit(project, "flow.py", '"truth",', '"another_name",')
    assert computed(run(project, tmp_path / "root")) == set()


@pytest.mark.parametrize("level", ["node", "run", "force", "pipeline"])
def test_the_cache_can_be_switched_off(level: str, project: Path, tmp_path: Path) -> None:
    """KFP 10839, Prefect 7056: for a step, for a run, for everything."""
    pipeline = load_pipeline(project / "flow.py", str(tmp_path / "root"))
    expected = {"twin"}
    options: dict[str, object] = {}
    if level == "node":
        pipeline.nodes["twin"].with_cache(False)
    elif level == "force":
        options["force"] = ["twin"]
    else:
        expected = ALL
        pipeline.enable_cache = level != "pipeline"
        options["cache"] = level != "run"
    result = LocalDagRunner().run(pipeline, **options)  # type: ignore[arg-type]
    assert computed(result) == expected


def test_a_library_counts_by_its_version_where_it_is_used(tmp_path: Path) -> None:
    """Hamilton does not see a library that was upgraded."""
    site = tmp_path / "lib" / "site-packages"
    (site / "fakelib").mkdir(parents=True)
    (site / "fakelib" / "__init__.py").write_text("def shift(x):\n    return x\n")

    def install(version: str) -> None:
        for old in site.glob("fakelib-*.dist-info"):
            (old / "METADATA").unlink()
            old.rmdir()
        info = site / f"fakelib-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: fakelib\nVersion: {version}\n"
        )

    folder = tmp_path / "project"
    write(folder)
    edit(folder, "training.py", "import helpers\n", "import helpers\nimport fakelib\n")
    edit(folder, "training.py", "+ bias", "+ fakelib.shift(bias)")

    def go() -> set[str]:
        code = (
            "import sys\n"
            "from pathlib import Path\n"
            "from project import computed, run\n"
            "result = run(Path(sys.argv[1]), Path(sys.argv[2]))\n"
            "print('computed', *sorted(computed(result)))\n"
        )
        path = os.pathsep.join([str(Path(__file__).parent), str(folder), str(site)])
        done = subprocess.run(
            [sys.executable, "-c", code, str(folder), str(tmp_path / "root")],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
            check=True,
        )
        return set(done.stdout.splitlines()[-1].split()[1:])

    install("1.0")
    assert go() == ALL
    assert go() == set()
    install("1.1")
    assert go() == {"by_file"}
    assert go() == set()
