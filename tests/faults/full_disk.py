"""Fill a small disk while a pipeline runs, then make room: ``full_disk.py FOLDER KILOBYTES …``.

To be run in a mount namespace of its own. Prints, for each size, how the run on the small disk
ended.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from faulty import assert_recovers, digests, run, varied

from minitfx.errors import MinitfxError


def mount(place: Path, options: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", place], check=True)


def main(folder: Path, sizes: list[int]) -> None:
    expected = digests(run(folder / "plenty" / "root", varied))
    for size in sizes:
        place = folder / str(size)
        place.mkdir()
        mount(place, f"size={size}k")
        try:
            run(place / "root", varied)
            ended = "complete"
        except MinitfxError as error:
            ended = f"{type(error).__name__}: {error}"
        mount(place, "remount,size=64m")
        assert_recovers(place / "root", varied, expected)
        print("disk of", size, "kB:", ended, flush=True)


if __name__ == "__main__":
    (Path(sys.argv[1]) / "plenty").mkdir()
    main(Path(sys.argv[1]), [int(each) for each in sys.argv[2:]])
