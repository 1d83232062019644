"""Where a server listens: the kind of its address, its URL, and why it cannot listen there."""

from __future__ import annotations

import socket

from minitfx.errors import ModelError


def family_of(host: str) -> socket.AddressFamily:
    """Return the address family of a host: IPv6 if it is written with colons.

    Examples
    --------
    >>> family_of("::1").name
    'AF_INET6'
    """
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def url_of(host: str, port: int) -> str:
    """Return the URL of a server.

    Examples
    --------
    >>> url_of("127.0.0.1", 8080), url_of("::1", 8080)
    ('http://127.0.0.1:8080', 'http://[::1]:8080')
    """
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def cannot_listen(host: str, port: int, error: OSError) -> ModelError:
    """Return the error for a port that is taken, or an address that is not this machine's."""
    return ModelError(
        f"cannot listen on port {port} of {host}: {error.strerror or error}; choose another "
        "port (0 takes a free one)"
    )
