"""Patterns with spans and versions: which files of which split belong together.

A pattern may hold ``{SPAN}`` or the date ``{YYYY}``, ``{MM}``, ``{DD}`` (days since 1970-01-01),
and with either ``{VERSION}``. The newest span, and in it the newest version, is taken; all
splits must agree on both. Loads neither numpy nor pyarrow.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from minitfx.dataset.files import find_files, is_uri, normal_uri
from minitfx.errors import DataError, ParameterError, did_you_mean

_SPEC = re.compile(r"\{(SPAN|VERSION|YYYY|MM|DD)(?::(\d+))?\}")
_BRACED = re.compile(r"\{([A-Z]+)(?::\d*)?\}")
_DATE = {"YYYY": 4, "MM": 2, "DD": 2}
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class InputFiles:
    """The files of each input split, all of one span and version.

    Attributes
    ----------
    files : mapping of str to tuple of str
        Paths by split, in the order of their names.
    span : int
        0 where the patterns name none.
    version : int or None
        None where the patterns name none.
    """

    files: Mapping[str, tuple[str, ...]]
    span: int
    version: int | None


@dataclass(frozen=True)
class _Match:
    path: str
    span: int
    version: int | None


class SpanPattern:
    """A glob with spans and versions in it.

    Parameters
    ----------
    pattern : str
        Relative to the input base.

    Raises
    ------
    ParameterError
        If a spec is unknown or stands twice, a date is incomplete or beside a span, or a version
        stands alone.
    """

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.specs = [(match[1], match[2]) for match in _SPEC.finditer(pattern)]
        self._check()

    @property
    def kinds(self) -> frozenset[str]:
        """Which specs it holds."""
        return frozenset(name for name, _ in self.specs)

    @property
    def has_span(self) -> bool:
        """Whether it tells spans apart."""
        return "SPAN" in self.kinds or "YYYY" in self.kinds

    def matches(self, base: str) -> list[_Match]:
        """Return the files below ``base`` that match, with their spans and versions.

        Raises
        ------
        DataError
            If a number is padded with zeros but the spec has no width, or a date is none.
        """
        prefix = f"{(normal_uri(base) if is_uri(base) else base).rstrip('/')}/"
        wild = (prefix if is_uri(prefix) else glob.escape(prefix)) + _SPEC.sub("*", self.pattern)
        found = find_files(wild)
        if not self.specs:
            return [_Match(path, 0, None) for path in found]
        strict = re.compile(re.escape(prefix) + self._regex(strict=True))
        lenient = re.compile(re.escape(prefix) + self._regex(strict=False))
        matches = []
        for path in found:
            match = strict.fullmatch(path)
            if match is not None:
                matches.append(self._numbered(path, match.groupdict()))
            elif lenient.fullmatch(path) is not None:
                raise DataError(
                    f"{path} matches {self.pattern} but for zeros before a number; give the "
                    "number's width, as in {SPAN:2} or {VERSION:2}"
                )
        return matches

    def _numbered(self, path: str, numbers: Mapping[str, str]) -> _Match:
        version = int(numbers["VERSION"]) if "VERSION" in numbers else None
        if "SPAN" in numbers:
            return _Match(path, int(numbers["SPAN"]), version)
        try:
            day = date(int(numbers["YYYY"]), int(numbers["MM"]), int(numbers["DD"]))
        except ValueError as error:
            raise DataError(
                f"{path} matches {self.pattern}, but its date is none: {error}"
            ) from None
        return _Match(path, day.toordinal() - _EPOCH, version)

    def _check(self) -> None:
        for unknown in _BRACED.findall(_SPEC.sub("", self.pattern)):
            known = ["SPAN", "VERSION", *_DATE]
            raise ParameterError(
                f"pattern {self.pattern!r} holds {{{unknown}}}. {did_you_mean(unknown, known)}"
            )
        names = [name for name, _ in self.specs]
        for name in names:
            if names.count(name) > 1:
                raise ParameterError(f"pattern {self.pattern!r} holds {{{name}}} twice")
        dated = [name for name in _DATE if name in names]
        if dated and len(dated) < len(_DATE):
            raise ParameterError(
                f"pattern {self.pattern!r} holds only {', '.join(dated)} of a date; expected all "
                "of {YYYY}, {MM} and {DD}"
            )
        if dated and "SPAN" in names:
            raise ParameterError(f"pattern {self.pattern!r} holds a date and {{SPAN}}; choose one")
        if "VERSION" in names and not dated and "SPAN" not in names:
            raise ParameterError(
                f"pattern {self.pattern!r} holds {{VERSION}} without {{SPAN}} or a date"
            )
        if any(width and name in _DATE for name, width in self.specs):
            raise ParameterError(f"pattern {self.pattern!r}: the parts of a date take no width")
        if any(width and int(width) < 1 for _, width in self.specs):
            raise ParameterError(f"pattern {self.pattern!r}: a width must be at least 1")

    def _regex(self, *, strict: bool) -> str:
        regex, position = "", 0
        for match in _SPEC.finditer(self.pattern):
            regex += _glob_regex(self.pattern[position : match.start()])
            width = _DATE.get(match[1], int(match[2] or 0))
            digits = rf"\d{{{width}}}" if width else r"0|[1-9]\d*" if strict else r"\d+"
            regex += f"(?P<{match[1]}>{digits})"
            position = match.end()
        return regex + _glob_regex(self.pattern[position:])


def find_inputs(
    base: str, splits: Sequence[tuple[str, str]], span: int | None = None
) -> InputFiles:
    """Return the files of the input splits.

    Parameters
    ----------
    base : str
        The folder or URI that the patterns are relative to; or a single file, if there is one
        split with the pattern ``*``.
    splits : sequence of (str, str)
        Name and pattern of each split.
    span : int, optional
        Take this span instead of the newest.

    Raises
    ------
    ParameterError
        If a pattern is wrong, the splits' patterns hold different specs, or a span is asked for
        though no pattern tells spans apart.
    DataError
        If the folder is not there, a split matches no file, or the splits' newest spans or
        versions differ.
    """
    if not is_uri(base) and not Path(base).is_dir():
        return _single_file(base, splits)
    patterns = {name: SpanPattern(pattern) for name, pattern in splits}
    first = next(iter(patterns.values()))
    for name, pattern in patterns.items():
        if pattern.kinds != first.kinds:
            raise ParameterError(
                f"input split {name!r} has the pattern {pattern.pattern!r}, another split "
                f"{first.pattern!r}; expected the same of {{SPAN}}, {{VERSION}} and date in all"
            )
    if span is not None and not first.has_span:
        raise ParameterError(
            f"range_config asks for span {span}, but {first.pattern!r} holds no {{SPAN}} or date"
        )
    found = {name: pattern.matches(base) for name, pattern in patterns.items()}
    for name, matches in found.items():
        if not matches:
            raise DataError(
                f"input split {name!r}: no file matches {patterns[name].pattern} in {base}; check "
                "the folder and the pattern"
            )
    found, chosen = _of_one(found, "span", span)
    found, version = _of_one(found, "version", None)
    files = {name: tuple(match.path for match in matches) for name, matches in found.items()}
    return InputFiles(files, chosen or 0, version)


def _single_file(path: str, splits: Sequence[tuple[str, str]]) -> InputFiles:
    """Read one file, where a folder was expected, if no pattern says which."""
    if Path(path).is_file() and [pattern for _, pattern in splits] == ["*"]:
        return InputFiles({splits[0][0]: (path,)}, 0, None)
    found = "is a file" if Path(path).is_file() else "does not exist"
    raise DataError(f"the input folder {path} {found} (from {Path.cwd()}); expected a folder")


def _of_one(
    found: Mapping[str, list[_Match]], kind: str, wanted: int | None
) -> tuple[dict[str, list[_Match]], int | None]:
    """Keep the matches of the newest span or version, or of the wanted one."""
    numbers = {name: [getattr(m, kind) for m in matches] for name, matches in found.items()}
    chosen: dict[str, int | None] = {}
    for name, each in numbers.items():
        known = [number for number in each if number is not None]
        chosen[name] = wanted if wanted is not None else max(known, default=None)
        if wanted is not None and wanted not in known:
            raise DataError(
                f"input split {name!r} has no {kind} {wanted}; it has "
                f"{', '.join(map(str, sorted(set(known))))}"
            )
    if len(set(chosen.values())) > 1:
        listed = ", ".join(f"{name!r} has {number}" for name, number in chosen.items())
        raise DataError(f"the input splits disagree on the newest {kind}: {listed}")
    (number,) = set(chosen.values())
    kept = {n: [m for m in ms if getattr(m, kind) == number] for n, ms in found.items()}
    return kept, number


def _glob_regex(pattern: str) -> str:
    """Return the regular expression of a part of a glob."""
    regex, position = "", 0
    while position < len(pattern):
        if pattern.startswith("**/", position):
            regex, position = regex + "(?:.*/)?", position + 3
        elif pattern.startswith("**", position):
            regex, position = regex + ".*", position + 2
        elif pattern[position] == "*":
            regex, position = regex + "[^/]*", position + 1
        elif pattern[position] == "?":
            regex, position = regex + "[^/]", position + 1
        elif match := re.compile(r"\[(!?)(\]?[^\]]*)\]").match(pattern, position):
            inside = match[2].replace("\\", "\\\\").replace("[", "\\[")
            regex, position = f"{regex}[{'^' if match[1] else ''}{inside}]", match.end()
        else:
            regex, position = regex + re.escape(pattern[position]), position + 1
    return regex
