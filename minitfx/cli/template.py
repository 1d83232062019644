"""``minitfx template``."""

from __future__ import annotations

import re
import shutil
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from minitfx.errors import ParameterError, StorageError, did_you_mean

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_\-]{0,62}")
_TEXT_SUFFIXES = {".py", ".md", ".toml", ".txt", ".cfg"}
_NAME_LINE = re.compile(r'^PIPELINE_NAME = ".*"$', re.MULTILINE)


@click.group()
def template() -> None:
    """List and copy project templates."""


@template.command("list")
def list_templates() -> None:
    """List the templates."""
    for name in sorted(_templates()):
        readme = _templates()[name].joinpath("README.md").read_text("utf-8").splitlines()
        title = next((line.lstrip("# ") for line in readme if line.strip()), "")
        click.echo(f"{name}  {title}")


@template.command()
@click.option("--model", required=True, help="Which template.")
@click.option("--pipeline_name", "--pipeline-name", required=True, help="Name of the pipeline.")
@click.option(
    "--destination_path", "--destination-path", required=True, help="A folder that is new or empty."
)
def copy(model: str, pipeline_name: str, destination_path: str) -> None:
    """Copy a template as a project that runs."""
    found = _templates()
    if model not in found:
        raise ParameterError(f"there is no template {model!r}. {did_you_mean(model, found)}")
    if not _NAME.fullmatch(pipeline_name):
        raise ParameterError(
            f"pipeline name {pipeline_name!r}: expected a letter, then letters, digits, '_' or "
            "'-', at most 63"
        )
    target = Path(destination_path).expanduser().absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise StorageError(f"{target} is not empty; choose a new folder")
    _copy(found[model], target, pipeline_name)
    click.echo(f"copied {model} to {target}")
    click.echo(f"next: cd {target} && minitfx run pipeline.py")


def _templates() -> dict[str, Traversable]:
    home = resources.files("minitfx.templates")
    return {
        each.name: each
        for each in home.iterdir()
        if each.is_dir() and each.joinpath("pipeline.py").is_file()
    }


def _copy(source: Traversable, target: Path, pipeline_name: str) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for each in source.iterdir():
        if each.name in ("__pycache__", "pipelines"):
            continue
        place = target / each.name
        if each.is_dir():
            _copy(each, place, pipeline_name)
        elif Path(each.name).suffix in _TEXT_SUFFIXES:
            text = each.read_text("utf-8")
            place.write_text(_NAME_LINE.sub(f'PIPELINE_NAME = "{pipeline_name}"', text), "utf-8")
        else:
            with each.open("rb") as reader, place.open("wb") as writer:
                shutil.copyfileobj(reader, writer)
