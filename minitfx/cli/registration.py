"""Registered pipelines: which file defines a pipeline of that name, and its plan.

A registration is ``<pipeline_root>/.system/pipelines/<name>.json``: it moves with the project, and
nothing is kept outside of it.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minitfx.catalog.files import make_folder, read_json, write_json
from minitfx.catalog.session import find_roots
from minitfx.catalog.store import Catalog
from minitfx.cli.project import load_pipeline
from minitfx.errors import PipelineError, StorageError, did_you_mean
from minitfx.pipeline import Pipeline


@dataclass(frozen=True)
class Registration:
    """A registered pipeline.

    Attributes
    ----------
    name : str
        The pipeline's name.
    root : Path
        Its root.
    file : Path
        The Python file that defines it.
    plan : dict
        Its plan when it was registered.
    """

    name: str
    root: Path
    file: Path
    plan: dict[str, Any]

    @property
    def place(self) -> Path:
        """The file of the registration."""
        return _folder(self.root) / f"{self.name}.json"

    def save(self) -> None:
        """Write it down."""
        make_folder(self.place.parent)
        file = os.path.relpath(self.file, self.root)
        write_json(self.place, {"name": self.name, "file": file, "plan": self.plan})


def describe_file(path: str, root: str | None) -> tuple[Pipeline, Registration]:
    """Load a pipeline file and return its pipeline and what would be registered."""
    pipeline = load_pipeline(path, root)
    file = Path(path).expanduser().resolve()
    plan = pipeline.to_json(file.parent)
    return pipeline, Registration(pipeline.pipeline_name, pipeline.root, file, plan)


def registered(root: Path) -> list[Registration]:
    """Return the registrations of a pipeline root, by name."""
    found = []
    for place in sorted(_folder(root).glob("*.json")):
        written = read_json(place)
        if isinstance(written, dict):
            file = Path(os.path.normpath(root / written["file"]))
            found.append(Registration(written["name"], root, file, written["plan"]))
    return found


def find_registration(name: str, root: str | None) -> Registration:
    """Return the registration of a pipeline, below ``root`` or near the current folder.

    Raises
    ------
    PipelineError
        If there is none of that name.
    StorageError
        If there are several.
    """
    roots = [Path(root).expanduser().absolute()] if root else find_roots(Path.cwd())
    known = [each for folder in roots for each in registered(folder)]
    found = [each for each in known if each.name == name]
    if not found:
        names = {each.name for each in known}
        raise PipelineError(
            f"no pipeline {name!r} is registered here. {did_you_mean(name, names)} Register one "
            "with: minitfx pipeline create --pipeline_path FILE"
        )
    if len(found) > 1:
        places = ", ".join(str(each.root) for each in found)
        raise StorageError(f"pipeline {name!r} is registered in {places}; say which with --root")
    return found[0]


def prepare_root(pipeline: Pipeline) -> None:
    """Make the pipeline's root, so that it is found before anything has run there."""
    Catalog(pipeline.root, pipeline.metadata_connection_config)


def changed_nodes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return what differs between two plans, one line a node."""
    old, new = before["nodes"], after["nodes"]
    lines = [f"+ {name}" for name in new if name not in old]
    lines += [f"- {name}" for name in old if name not in new]
    for name in new:
        if name in old and new[name] != old[name]:
            keys = [key for key in new[name] if _text(new[name][key]) != _text(old[name].get(key))]
            gone = [key for key in old[name] if key not in new[name]]
            lines.append(f"~ {name}: {', '.join([*keys, *gone])}")
    head = [key for key in after if key != "nodes" and after[key] != before.get(key)]
    return [*(f"~ {key}" for key in head), *lines]


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _folder(root: Path) -> Path:
    return root / ".system" / "pipelines"
