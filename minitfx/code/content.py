"""What code consists of, wherever it lies: the one rule for when two functions are the same."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minitfx.code.imports import distribution, is_library
from minitfx.code.live import LiveCode, live_code
from minitfx.code.reach import reach
from minitfx.code.reference import CodeReference
from minitfx.digest import digest_text
from minitfx.version import __version__


@dataclass
class CodeContent:
    """What a function or class, and all that it leads to, consists of.

    Attributes
    ----------
    units : dict of str to str
        Top-level statements of project files, and what only this process has, to digests.
    libraries : dict of str to str
        Distribution to version, of every library that is used.
    files : dict of str to Path
        The project files that were opened, by module.
    """

    units: dict[str, str] = field(default_factory=dict)
    libraries: dict[str, str] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)

    def add(self, reference: CodeReference, where: str) -> None:
        """Count the code that a reference leads to; ``where`` is what to call it in an error."""
        if reference.target is not None:
            self.add_live(live_code(reference.target, where), where)
            return
        source = reference.source
        if source is None:
            if is_library(reference.module):
                library, version = distribution(reference.module.split(".")[0])
                self.libraries[library] = version
            return
        reached = reach(source, reference.names)
        self.units.update(reached.units)
        self.libraries.update(reached.libraries)
        self.files.update(reached.modules)

    def add_live(self, live: LiveCode, where: str) -> None:
        """Count code that only this process has, and the files that it leads to."""
        self.units.update(live.units)
        self.files.update(live.files)
        for reference in live.references:
            self.add(reference, where)


def digest_of_loaded(target: Any, where: str) -> str:
    """Return a digest of all that the results of a loaded function follow from.

    Parameters
    ----------
    target : object
        Something to call.
    where : str
        What to call it in an error.

    Returns
    -------
    str
        Equal for code that says the same, by the rule of a fingerprint, and that reads equal
        values: also where it has a file, as what is in a module may follow from more than its
        source.

    Raises
    ------
    ParameterError
        If it reads something whose value nobody can tell.
    CodeError
        If a file that it leads to cannot be parsed.
    """
    content, live = CodeContent(), live_code(target, where, loaded=True)
    for reference in live.references:
        content.add(reference, where)
    name = [str(getattr(target, key, "")) for key in ("__module__", "__qualname__", "__name__")]
    versions = [*sys.version_info[:2], __version__, sorted(content.libraries.items())]
    units = [sorted(each.items()) for each in (live.units, content.units)]
    return digest_text(repr([name, units, versions]))
