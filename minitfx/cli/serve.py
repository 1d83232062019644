"""``minitfx serve`` and ``minitfx rollback``."""

from __future__ import annotations

from urllib.parse import quote

import click

from minitfx.errors import StorageError

_POSITIVE = click.IntRange(min=1)


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
@click.option(
    "--max-rows", type=_POSITIVE, default=100_000, show_default=True, help="Rows of a request."
)
@click.option(
    "--max-mb", type=_POSITIVE, default=64, show_default=True, help="Mebibytes of a request."
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    help="Seconds that a request may take, waiting included.",
)
@click.option(
    "--batch-rows",
    type=_POSITIVE,
    default=4096,
    show_default=True,
    help="Rows of several requests that the model is called with at once.",
)
def serve(
    model: str,
    name: str,
    host: str,
    port: int,
    trust: str | None,
    versions: str,
    max_rows: int,
    max_mb: int,
    timeout: float,
    batch_rows: int,
) -> None:
    """Serve a saved model, or the latest version at a push destination, until stopped.

    A destination is a folder, or a URI that fsspec opens, such as s3://bucket/models.
    The routes are those of the Open Inference Protocol V2, below /v2, and /metrics. What is pushed
    to a destination is served without a restart. Needs the extra `serve`.
    """
    from minitfx.models.asgi import ServeOptions
    from minitfx.models.asgi import serve as serve_until_stopped
    from minitfx.models.service import Limits

    vouched: bool | str = trust == "yes" or (trust or False)
    serve_until_stopped(
        model,
        name=name,
        host=host,
        port=port,
        trust=vouched,
        versions=versions,  # type: ignore[arg-type]
        limits=Limits(body_bytes=max_mb << 20, rows=max_rows),
        options=ServeOptions(max_batch_rows=batch_rows, timeout_seconds=timeout),
        ready=lambda url: click.echo(f"serving {model} at {url}/v2/models/{quote(name, safe='')}"),
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
    pushes = place.pushes()
    if not pushes:
        raise StorageError(f"nothing has been pushed to {destination}")
    for push in pushes:
        mark = "*" if push.version == place.latest else " "
        moment = datetime.fromtimestamp(push.pushed_at, UTC)
        click.echo(f"{mark} {push.version}  pushed {moment:%Y-%m-%d %H:%M:%S} UTC")
