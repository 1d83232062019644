"""What digests of inputs cost: ``python benchmarks/hashing.py [--megabytes 1000]``.

Claims: a file is digested at the speed of SHA-256 on one core, which is 1 GB/s or more where the
processor knows SHA-256; and one that is known (path, size, modification time, inode) is not read
again.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from minitfx.digest import DigestMemo, digest_file, digest_tree, remembering

LIMIT_GB_S = 1.0
FILES = 1000


def cpu_seconds(action: Callable[[], object], rounds: int = 3) -> float:
    taken = []
    for _ in range(rounds):
        began = time.process_time()
        action()
        taken.append(time.process_time() - began)
    return min(taken)


def report_speed(folder: Path, megabytes: int) -> Path:
    block = os.urandom(1 << 20)
    path = folder / "large"
    with path.open("wb") as file:
        for _ in range(megabytes):
            file.write(block)
    bytes = megabytes << 20

    def bare() -> None:
        whole = hashlib.sha256()
        for _ in range(megabytes):
            whole.update(block)

    ours, peer = cpu_seconds(lambda: digest_file(path)), cpu_seconds(bare)
    print(
        f"a file of {megabytes:,} MB: {bytes / ours / 1e9:.2f} GB/s of CPU, goal {LIMIT_GB_S:g}; "
        f"hashlib in memory {bytes / peer / 1e9:.2f} GB/s; ratio {ours / peer:.2f}"
    )
    return path


def report_known(folder: Path, large: Path) -> None:
    past = time.time() - 60
    many = folder / "many"
    many.mkdir()
    for number in range(FILES):
        (many / f"{number}").write_bytes(b"x" * 1000)
        os.utime(many / f"{number}", (past, past))
    os.utime(large, (past, past))
    with remembering(DigestMemo()):
        digest_file(large)
        again = cpu_seconds(lambda: digest_file(large), 100)
        first = cpu_seconds(lambda: digest_tree(many), 1)
        known = cpu_seconds(lambda: digest_tree(many))
    print(f"the same file again: {1e6 * again:.0f} µs")
    print(
        f"{FILES:,} small files: {1e6 * first / FILES:.0f} µs each, again {1e6 * known / FILES:.0f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1000)
    megabytes = parser.parse_args().megabytes
    with TemporaryDirectory() as folder:
        report_known(Path(folder), report_speed(Path(folder), megabytes))


if __name__ == "__main__":
    main()
