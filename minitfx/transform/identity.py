"""What tells a Python function from another: its code, and the values that the code uses."""

from __future__ import annotations

from minitfx.code.content import digest_of_loaded
from minitfx.errors import CodeError, ParameterError


def function_identity(*functions: object) -> str | None:
    """Return a digest of all that the results of some functions follow from.

    Parameters
    ----------
    *functions : object
        What a user gave to be called, or what helps it.

    Returns
    -------
    str or None
        By the one rule for code, that of a node's fingerprint, and by the values that it reads;
        see `minitfx.code.content.digest_of_loaded`. None if something is used of which nobody
        knows what it follows from, such as a lock or an open file.
    """
    try:
        return " ".join(digest_of_loaded(each, "a function of the transform") for each in functions)
    except (ParameterError, CodeError):
        return None
