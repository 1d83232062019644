"""The ``minitfx`` command: a group whose commands load when they are called."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from minitfx.errors import MinitfxError
from minitfx.version import __version__

_COMMANDS = {
    "catalog": ("minitfx.cli.catalog", "catalog", "Look after the catalog."),
    "delete": ("minitfx.cli.cleanup", "delete", "Delete runs."),
    "gc": ("minitfx.cli.cleanup", "gc", "Remove what nobody can need."),
    "pipeline": ("minitfx.cli.pipeline", "pipeline", "Compile and register pipelines."),
    "report": ("minitfx.cli.report", "report", "Write a page about a run."),
    "run": ("minitfx.cli.run_group", "run", "Run a pipeline file; look after runs."),
    "runs": ("minitfx.cli.history", "runs", "List the runs of a pipeline root."),
    "rollback": ("minitfx.cli.serve", "rollback", "Point a destination to an earlier model."),
    "serve": ("minitfx.cli.serve", "serve", "Serve a saved or pushed model."),
    "schema": ("minitfx.cli.data", "schema", "Infer and compare schemas of data files."),
    "stats": ("minitfx.cli.data", "stats", "Show the statistics of a data file."),
    "validate": ("minitfx.cli.data", "validate", "Validate a data file against a schema."),
    "show": ("minitfx.cli.history", "show", "Show what became of every node of a run."),
    "sql": ("minitfx.cli.history", "sql", "Ask the catalog in SQL."),
    "why": ("minitfx.cli.why", "why", "Say why a node ran."),
    "template": ("minitfx.cli.template", "template", "List and copy project templates."),
}


class _LazyGroup(click.Group):
    """A group that knows its commands by name, and imports one only to call it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, name, _ = _COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, _COMMANDS[name][2]) for name in sorted(_COMMANDS)])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            from minitfx.errors import did_you_mean

            ctx.fail(f"there is no command {args[0]!r}. {did_you_mean(args[0], _COMMANDS)}")
        return super().resolve_command(ctx, args)


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="minitfx")
def cli() -> None:
    """TFX's pipelines, light: run them, and ask what happened."""


def main() -> None:
    """Run the command and end the process; an error is one message and exit code 1."""
    try:
        cli()
    except MinitfxError as error:
        click.echo(f"{click.style('error:', fg='red')} {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
