"""Components that fail, hang, wait for each other or start processes, for tests of the runner."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated, Any

from minitfx.component import Code, Component, Output, WorkDir
from minitfx.types import Model, Schema


class Flaky(Component):
    """Fails so many times, counted by files in a folder."""

    folder: str
    failures: int = 1
    schema = Output(Schema)

    @staticmethod
    def execute(folder: str, failures: int, schema: Schema) -> None:
        tries = len(list(Path(folder).glob("try-*"))) + 1
        Path(folder, f"try-{tries}").touch()
        if tries <= failures:
            raise RuntimeError(f"failure {tries}")
        (schema.path / "tries").write_text(str(tries))


class Asleep(Component):
    """Sleeps so long; says first that it does, and in which process."""

    seconds: float = 60.0
    folder: str = ""
    schema = Output(Schema)

    @staticmethod
    def execute(seconds: float, folder: str, schema: Schema) -> None:
        if folder:
            aside = Path(folder, f".asleep.{os.getpid()}")
            aside.write_text(str(os.getpid()))
            aside.replace(Path(folder, "asleep"))
        time.sleep(seconds)
        (schema.path / "pid").write_text(str(os.getpid()))


class Parent(Component):
    """Starts a process in its own group and one in a session of its own, and hangs with them."""

    folder: str
    schema = Output(Schema)

    @staticmethod
    def execute(folder: str, schema: Schema) -> None:
        command = [sys.executable, "-c", "import time; time.sleep(300)"]
        children = [
            subprocess.Popen(command),
            subprocess.Popen(command, start_new_session=True),
        ]
        pids = [os.getpid(), *(child.pid for child in children)]
        aside = Path(folder, ".pids")
        aside.write_text(" ".join(str(pid) for pid in pids))
        aside.replace(Path(folder, "pids"))
        time.sleep(300)


class Meeting(Component):
    """Ends only when so many others have come to the same folder."""

    folder: str
    name: str
    others: int = 1
    patience_s: float = 30.0
    schema = Output(Schema)

    @staticmethod
    def execute(folder: str, name: str, others: int, patience_s: float, schema: Schema) -> None:
        Path(folder, name).touch()
        deadline = time.monotonic() + patience_s
        while len(os.listdir(folder)) <= others:
            if time.monotonic() > deadline:
                raise TimeoutError("nobody came")
            time.sleep(0.005)
        (schema.path / "met").touch()


class Calls(Component):
    """Calls user code with a folder, and writes down what it returns."""

    folder: str
    module_file: Annotated[str, Code("run_fn")]
    model = Output(Model)

    @staticmethod
    def execute(folder: str, module_file: Any, model: Model) -> None:
        (model.path / "model.txt").write_text(str(module_file.load()(folder)))


class Alone(Component):
    """Fails if another of its kind is in the folder at the same time."""

    folder: str
    schema = Output(Schema)

    @staticmethod
    def execute(folder: str, schema: Schema) -> None:
        Path(folder, "here").mkdir()
        time.sleep(0.05)
        Path(folder, "here").rmdir()


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not asked after does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_for(condition: Any, seconds: float = 60.0) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


class Study(Component):
    """Counts its calls, and works in a folder that no two may use at a time."""

    folder: str
    seconds: float = 1.5
    schema = Output(Schema)
    scratch = WorkDir()

    @staticmethod
    def execute(folder: str, seconds: float, schema: Schema, scratch: Path) -> None:
        (scratch / "alone").touch(exist_ok=False)
        Path(folder, f"call-{os.getpid()}").touch()
        time.sleep(seconds)
        (schema.path / "x").write_text("x")
        (scratch / "alone").unlink()
