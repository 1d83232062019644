"""``minitfx serve`` and ``minitfx rollback``."""

from __future__ import annotations

import click


@click.command()
@click.argument("model", type=click.Path())
@click.option("--name", default="model", show_default=True, help="The model's name in the routes.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True)
@click.option(
    "--trust",
    metavar="SHA256",
    help="Vouch for a model whose format runs code: its SHA-256, or 'yes'.",
)
@click.option(
    "--versions",
    type=click.Choice(["refuse", "warn", "ignore"]),
    default="refuse",
    show_default=True,
    help="What to do when libraries differ from those that saved the model.",
)
def serve(model: str, name: str, host: str, port: int, trust: str | None, versions: str) -> None:
    """Serve a saved model, or the latest version at a push destination, until stopped.

    The routes are those of the Open Inference Protocol V2, below /v2. Needs the extra `serve`.
    """
    from minitfx.models.asgi import serve as serve_until_stopped

    click.echo(f"serving {model} on http://{host}:{port}/v2/models/{name}")
    vouched: bool | str = trust == "yes" or (trust or False)
    serve_until_stopped(
        model,
        name=name,
        host=host,
        port=port,
        trust=vouched,
        versions=versions,  # type: ignore[arg-type]
    )


@click.command()
@click.argument("destination")
@click.option("--version", help="Which version; the one before the latest unless said.")
@click.option("--list", "listing", is_flag=True, help="Only list the versions.")
def rollback(destination: str, version: str | None, listing: bool) -> None:
    """Point a push destination's `latest` to an earlier version."""
    from datetime import UTC, datetime

    from minitfx.models.destination import Destination

    place = Destination(destination)
    if not listing:
        click.echo(f"latest is now {place.roll_back(version).version}")
    for push in place.pushes():
        mark = "*" if push.version == place.latest else " "
        moment = datetime.fromtimestamp(push.pushed_at, UTC)
        click.echo(f"{mark} {push.version}  pushed {moment:%Y-%m-%d %H:%M:%S} UTC")
