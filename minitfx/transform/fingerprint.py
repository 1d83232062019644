"""Hashes of text that mean the same on every machine and for ever.

`fingerprint64` is FarmHash's Fingerprint64, as TensorFlow's ``to_hash_bucket_fast`` uses it;
`siphash` is SipHash-2-4, a hash with a secret key, as its ``to_hash_bucket_strong`` uses it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]

_K0 = np.uint64(0xC3A5C85C97CB3127)
_K1 = np.uint64(0xB492B66FBE98F273)
_K2 = np.uint64(0x9AE16A3B2F90404F)
_MASK = (1 << 64) - 1


def fingerprint64(texts: Sequence[str | bytes]) -> Words:
    """Return FarmHash's Fingerprint64 of the UTF-8 bytes of each text.

    Parameters
    ----------
    texts : sequence of str or bytes
        No missing values.

    Returns
    -------
    ndarray of uint64, shape (len(texts),)

    Notes
    -----
    O(bytes). All texts of a similar length are hashed together, so that a long list costs
    little more than reading it; single texts are remembered.

    References
    ----------
    Geoff Pike, "FarmHash", https://github.com/google/farmhash (the function that is called
    Fingerprint64 there).

    Examples
    --------
    >>> fingerprint64(["abc", ""]).tolist()
    [2640714258260161385, 11160318154034397263]
    """
    if len(texts) == 1:
        text = texts[0]
        return np.array([_remembered(text if isinstance(text, bytes) else text.encode())])
    return _fingerprints([text if isinstance(text, bytes) else text.encode() for text in texts])


@lru_cache(maxsize=65_536)
def _remembered(text: bytes) -> np.uint64:
    result: np.uint64 = _fingerprints([text])[0]
    return result


def _fingerprints(texts: list[bytes]) -> Words:
    lengths = np.array([len(text) for text in texts], np.int64)
    starts = np.cumsum(lengths) - lengths
    page = _Page(b"".join(texts))
    result = np.empty(len(texts), np.uint64)
    with np.errstate(over="ignore"):
        for low, high, function in _BY_LENGTH:
            here = np.flatnonzero((lengths >= low) & (lengths <= high))
            if len(here):
                result[here] = function(page, starts[here], lengths[here])
    return result


class _Page:
    """Bytes that can be read from any place, eight or four at a time."""

    def __init__(self, data: bytes) -> None:
        padded = data + bytes(8)
        size = len(data) + 1
        self.bytes = np.frombuffer(padded, np.uint8)
        self.eights: Words = np.ndarray((size,), "<u8", padded, strides=(1,))
        self.fours = np.ndarray((size,), "<u4", padded, strides=(1,))

    def eight(self, at: NDArray[np.int64]) -> Words:
        return self.eights[at]

    def four(self, at: NDArray[np.int64]) -> Words:
        return self.fours[at].astype(np.uint64)

    def one(self, at: NDArray[np.int64]) -> Words:
        return self.bytes[at].astype(np.uint64)


def _turned(value: Words, by: int) -> Words:
    return (value >> np.uint64(by)) | (value << np.uint64(64 - by))


def _folded(value: Words) -> Words:
    return value ^ (value >> np.uint64(47))


def _mixed(first: Words, second: Words, factor: Words) -> Words:
    inner = _folded((first ^ second) * factor)
    return _folded((second ^ inner) * factor) * factor


def _factor(size: NDArray[np.int64]) -> Words:
    return _K2 + size.astype(np.uint64) * np.uint64(2)


def _hash_0(page: _Page, start: NDArray[np.int64], size: NDArray[np.int64]) -> Words:
    return np.full(len(size), _K2)


def _hash_1(page: _Page, start: NDArray[np.int64], size: NDArray[np.int64]) -> Words:
    first, middle = page.one(start), page.one(start + (size >> 1))
    low = first + (middle << np.uint64(8))
    high = size.astype(np.uint64) + (page.one(start + size - 1) << np.uint64(2))
    return _folded(low * _K2 ^ high * _K0) * _K2


def _hash_4(page: _Page, start: NDArray[np.int64], size: NDArray[np.int64]) -> Words:
    head = size.astype(np.uint64) + (page.four(start) << np.uint64(3))
    return _mixed(head, page.four(start + size - 4), _factor(size))


def _hash_8(page: _Page, start: NDArray[np.int64], size: NDArray[np.int64]) -> Words:
    factor = _factor(size)
    head, tail = page.eight(start) + _K2, page.eight(start + size - 8)
    first = _turned(tail, 37) * factor + head
    return _mixed(first, (_turned(head, 25) + tail) * factor, factor)


def _hash_17(page: _Page, start: NDArray[np.int64], size: NDArray[np.int64]) -> Words:
    factor = _factor(size)
    a, b = page.eight(start) * _K1, page.eight(start + 8)
    c, d = page.eight(start + size - 8) * factor, page.eight(start + size - 16) * _K2
    return _mixed(_turned(a + b, 43) + _turned(c, 30) + d, a + _turned(b + _K2, 18) + c, factor)


def _hash_33(page: _Page, start: NDArray[np.int64], size: NDArray[np.int64]) -> Words:
    factor, end = _factor(size), start + size
    a, b = page.eight(start) * _K2, page.eight(start + 8)
    c, d = page.eight(end - 8) * factor, page.eight(end - 16) * _K2
    y = _turned(a + b, 43) + _turned(c, 30) + d
    z = _mixed(y, a + _turned(b + _K2, 18) + c, factor)
    e, f = page.eight(start + 16) * factor, page.eight(start + 24)
    g, h = (y + page.eight(end - 32)) * factor, (z + page.eight(end - 24)) * factor
    return _mixed(_turned(e + f, 43) + _turned(g, 30) + h, e + _turned(f + a, 18) + g, factor)


def _weak(page: _Page, at: NDArray[np.int64], a: Words, b: Words) -> tuple[Words, Words]:
    """Return two words of state after 32 bytes."""
    first, last = page.eight(at), page.eight(at + 24)
    a = a + first
    b = _turned(b + a + last, 21)
    sum_ = a + page.eight(at + 8) + page.eight(at + 16)
    return sum_ + last, b + _turned(sum_, 44) + a


def _hash_65(page: _Page, start: NDArray[np.int64], size: NDArray[np.int64]) -> Words:
    """Return the hashes of long texts, those of one number of 64-byte blocks at a time."""
    result = np.empty(len(size), np.uint64)
    blocks = (size - 1) // 64
    for count in np.unique(blocks).tolist():
        here = np.flatnonzero(blocks == count)
        result[here] = _long(page, start[here], size[here], count)
    return result


def _long(page: _Page, at: NDArray[np.int64], size: NDArray[np.int64], blocks: int) -> Words:
    seed = np.full(len(at), 81, np.uint64)
    none = np.zeros(len(at), np.uint64)
    y = seed * _K1 + np.uint64(113)
    z = _folded(y * _K2 + np.uint64(113)) * _K2
    x, v, w = seed * _K2 + page.eight(at), (none, none), (none, none)
    rest = (size - 1) & 63
    last = at + blocks * 64 + rest - 63
    one = np.uint64(1)
    for _ in range(blocks):
        x, y, z, v, w = _round(page, at, (x, y, z, v, w), np.full(len(at), _K1), one)
        at = at + 64
    factor = _K1 + ((z & np.uint64(0xFF)) << one)
    w0 = w[0] + rest.astype(np.uint64)
    v0 = v[0] + w0
    state = (x, y, z, (v0, v[1]), (w0 + v0, w[1]))
    x, y, z, v, w = _round(page, last, state, factor, np.uint64(9))
    low = _mixed(v[0], w[0], factor) + _folded(y) * _K0 + z
    return _mixed(low, _mixed(v[1], w[1], factor) + x, factor)


_State = tuple[Words, Words, Words, tuple[Words, Words], tuple[Words, Words]]


def _round(
    page: _Page, at: NDArray[np.int64], state: _State, factor: Words, times: np.uint64
) -> _State:
    """Return the state after 64 bytes; x and z have changed places."""
    x, y, z, v, w = state
    x = _turned(x + y + v[0] + page.eight(at + 8), 37) * factor
    y = _turned(y + v[1] + page.eight(at + 48), 42) * factor
    x = x ^ (w[1] * times)
    y = y + v[0] * times + page.eight(at + 40)
    z = _turned(z + w[0], 33) * factor
    v = _weak(page, at, v[1] * factor, x + w[0])
    w = _weak(page, at + 32, z + w[1], y + page.eight(at + 16))
    return z, y, x, v, w


_BY_LENGTH = (
    (0, 0, _hash_0),
    (1, 3, _hash_1),
    (4, 7, _hash_4),
    (8, 16, _hash_8),
    (17, 32, _hash_17),
    (33, 64, _hash_33),
    (65, np.iinfo(np.int64).max, _hash_65),
)


def siphash(text: str | bytes, key: tuple[int, int]) -> int:
    """Return SipHash-2-4 of the UTF-8 bytes of a text.

    Parameters
    ----------
    text : str or bytes
        What to hash.
    key : tuple of two int
        The secret, as two unsigned integers of 64 bits.

    Notes
    -----
    About 10 µs a text: Python's own integers do the work.

    References
    ----------
    Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012).

    Examples
    --------
    >>> hex(siphash(bytes(range(15)), (0x0706050403020100, 0x0F0E0D0C0B0A0908)))
    '0xa129ca6149be45e5'
    """
    data = text if isinstance(text, bytes) else text.encode()
    state = [
        key[0] ^ 0x736F6D6570736575,
        key[1] ^ 0x646F72616E646F6D,
        key[0] ^ 0x6C7967656E657261,
        key[1] ^ 0x7465646279746573,
    ]
    whole = len(data) // 8 * 8
    last = data[whole:].ljust(7, b"\0") + bytes([len(data) & 0xFF])
    for at in range(0, whole, 8):
        _absorb(state, int.from_bytes(data[at : at + 8], "little"))
    _absorb(state, int.from_bytes(last, "little"))
    state[2] ^= 0xFF
    for _ in range(4):
        _sip_round(state)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def _absorb(state: list[int], word: int) -> None:
    state[3] ^= word
    _sip_round(state)
    _sip_round(state)
    state[0] ^= word


def _sip_round(state: list[int]) -> None:
    a, b, c, d = state
    a = (a + b) & _MASK
    b = _left(b, 13) ^ a
    c = (c + d) & _MASK
    d = _left(d, 16) ^ c
    a = _left(a, 32)
    a = (a + d) & _MASK
    d = _left(d, 21) ^ a
    c = (c + b) & _MASK
    b = _left(b, 17) ^ c
    state[:] = a, b, _left(c, 32), d


def _left(value: int, by: int) -> int:
    return ((value << by) | (value >> (64 - by))) & _MASK
