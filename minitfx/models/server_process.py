"""A model server in a process of its own: started clean, watched, and always ended."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

from minitfx.errors import ModelError
from minitfx.models.process_family import end_family, members

_INHERITED = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
_BOOT = """
import sys
sys.path.append({root!r})
from minitfx.models.process_family import guard
guard({mark!r})
from minitfx.models.candidate import main
sys.exit(main(sys.argv[1:]))
"""
_PLACE = re.compile(r'(Current t|T)hread 0x.*\n +File "(.+)", line (\d+) in (.+)')
_STANDARD = sysconfig.get_path("stdlib")
_DUMP = "Fatal Python error:"
_POLL_SECONDS = 0.01
_MEMORY_POLL_SECONDS = 0.05


class ServerFailure(ModelError):
    """The server did not come up, or ended.

    Attributes
    ----------
    is_final : bool
        Whether starting it again cannot help.
    """

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final


class ServerProcess:
    """A fresh process that serves a model on a free loopback port.

    Use it as a context manager: at the end of the ``with`` block the process, and whatever it
    started, is gone. They also end when this process does, however that comes.

    Parameters
    ----------
    model : Path
        The model's folder.
    name : str
        The model's name in the routes.
    trust : str
        SHA-256 of the model that is meant (`minitfx.models.model_digest`); empty if nobody
        vouches for it.
    log : Path
        Where its output goes; appended to.
    memory_mb : int
        Mebibytes of resident memory, of the process and its children, at which it is killed.
    environment : mapping of str to str, optional
        Variables that it sees besides the search paths of programs and libraries.
    arguments : sequence of str, optional
        More arguments of `minitfx.models.candidate`.

    Notes
    -----
    The interpreter is isolated: no current folder, no ``PYTHONPATH``, no user packages; its home
    and its temporary folder are empty and deleted at the end.
    """

    def __init__(
        self,
        model: Path,
        *,
        name: str,
        trust: str,
        log: Path,
        memory_mb: int,
        environment: Mapping[str, str] | None = None,
        arguments: Sequence[str] = (),
    ) -> None:
        self._home = TemporaryDirectory(prefix="minitfx-server-", ignore_cleanup_errors=True)
        self._mark = self._home.name
        self._status_file = Path(self._mark) / "status.json"
        self._log_path = log
        self._log = log.open("ab")
        self._log_start = self._log.tell()
        self._memory_mb = memory_mb
        self.peak_memory_mb = 0
        self._too_large = Event()
        self._over = Event()
        root = str(Path(__file__).resolve().parents[2])
        flags = ["-I", *(["-B"] if sys.dont_write_bytecode else [])]
        given = [str(model.resolve()), name, trust, str(self._status_file), *arguments]
        self._process = subprocess.Popen(
            [sys.executable, *flags, "-c", _BOOT.format(root=root, mark=self._mark), *given],
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            cwd=self._home.name,
            env=self._environment(environment or {}),
            start_new_session=True,
        )
        self._watch = Thread(target=self._watch_memory, daemon=True)
        self._watch.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def wait_until_ready(self, seconds: float) -> str:
        """Return the server's address once its model is loaded.

        Raises
        ------
        ServerFailure
            If it is not within so many seconds, fails to load, or ends.
        """
        deadline = time.monotonic() + seconds
        while True:
            status = self._status()
            if status.get("state") == "ready":
                return f"http://127.0.0.1:{status['port']}"
            if status.get("state") == "failed":
                raise ServerFailure(str(status["error"]), is_final=True)
            if self._process.poll() is not None or self._too_large.is_set():
                raise self.explain("while the model was being loaded")
            if time.monotonic() > deadline:
                self._ask_where()
                raise ServerFailure(
                    f"the model was not loaded within {seconds:g} s (max_loading_time_seconds)"
                    f"{self._place()}"
                )
            time.sleep(_POLL_SECONDS)

    def explain(self, when: str, otherwise: str = "") -> ServerFailure:
        """Return why the server does not answer: it is too large, has ended, or ``otherwise``."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
        if self._too_large.is_set():
            return ServerFailure(
                f"the server used more than {self._memory_mb:,} MB of memory {when} (max_memory_mb)"
            )
        code = self._process.poll()
        if code is None:
            self._ask_where()
            return ServerFailure((otherwise or f"the server gave no answer {when}") + self._place())
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return ServerFailure(
            f"the server's process ended with {how} {when}{self._place() or self._last_words()}"
        )

    def stop(self) -> None:
        """End the process and all that it started."""
        self._over.set()
        end_family(self._process, self._mark)
        self._watch.join()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._log.close()
        self._home.cleanup()

    def _ask_where(self) -> None:
        """Have a process that hangs write to its log where it is, which ends it."""
        if hasattr(signal, "SIGKILL"):
            self._process.send_signal(signal.SIGABRT)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(1.0)

    def _said(self) -> str:
        return self._log_path.read_bytes()[self._log_start :].decode("utf-8", "replace")

    def _place(self) -> str:
        """Return where the process was when it ended, if its log tells.

        The current thread goes before others, but threads that wait inside the standard library
        or the server say nothing: a signal from outside meets the main thread there.
        """
        found = sorted(_PLACE.findall(self._said()), key=lambda each: each[0] != "Current t")
        told = [each[1:] for each in found if not _only_waits(each[1])]
        if not told:
            return ""
        file, line, function = told[0]
        return f"; it was in {Path(file).name}, line {line}, in {function}"

    def _last_words(self) -> str:
        said = (line.strip() for line in self._said().partition(_DUMP)[0].splitlines())
        lines = [line for line in said if line and not line.startswith("INFO ")]
        return f"; its last words: {lines[-1][:200]}" if lines else ""

    def _status(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self._status_file.read_bytes())
        except FileNotFoundError:
            return {}
        return found

    def _environment(self, said: Mapping[str, str]) -> dict[str, str]:
        kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        folder = self._home.name
        own = {"LC_ALL": "C.UTF-8", "HOME": folder, "TMPDIR": folder}
        return {**kept, **own, **said, "MINITFX_SERVER": self._mark}

    def _watch_memory(self) -> None:
        while not self._over.wait(_MEMORY_POLL_SECONDS) and self._process.poll() is None:
            used = resident_mb(self._process.pid)
            self.peak_memory_mb = max(self.peak_memory_mb, used)
            if used > self._memory_mb:
                self._too_large.set()
                end_family(self._process, self._mark)
                return


def _only_waits(file: str) -> bool:
    is_installed = "site-packages" in file or "dist-packages" in file
    is_standard = file.startswith(_STANDARD) and not is_installed
    return is_standard or Path(file).parts[-3:] == ("minitfx", "models", "server.py")


def resident_mb(pid: int) -> int:
    """Return the resident memory of a process and its children, in mebibytes; 0 once it is gone."""
    if not Path("/proc/self/statm").exists():
        return _resident_by_ps(pid)
    total = 0
    page = os.sysconf("SC_PAGE_SIZE")
    for each in members(pid):
        with suppress(OSError, ValueError):
            total += int(Path(f"/proc/{each}/statm").read_text().split()[1]) * page
    return total >> 20


def _resident_by_ps(pid: int) -> int:
    try:
        done = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        return int(done.stdout.strip() or 0) >> 10
    except (OSError, ValueError):
        return 0


def machine_memory_mb() -> int:
    """Return the memory of this machine in mebibytes, or 16 GiB where it cannot be told."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    except (AttributeError, ValueError, OSError):
        return 16 * 1024
