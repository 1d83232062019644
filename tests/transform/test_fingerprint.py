"""Hashes against values of the original implementations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitfx.transform.fingerprint import fingerprint64, siphash

# What pyfarmhash 0.5.1 gives for the first n characters of the alphabet, repeated.
LETTERS = "abcdefghijklmnopqrstuvwxyz" * 8
FARMHASH = {
    0: 11160318154034397263,
    1: 12917804110809363939,
    2: 12289600257749001502,
    3: 2640714258260161385,
    4: 1897425971756105985,
    7: 4341691227789030229,
    8: 18368443631171807497,
    9: 3687479239766293058,
    16: 6080716761534418621,
    17: 11394395984755135400,
    31: 7218681076654535888,
    32: 18417110746069939610,
    33: 2004761416539416594,
    63: 15360505671206902686,
    64: 11261912070464707578,
    65: 2608948203458330154,
    127: 7796145376145211299,
    128: 14061449006046005066,
    129: 11176984671211548628,
    192: 7243316733957882487,
    200: 2725806534515858166,
}

# The authors' table for the key 00 01 … 0f and the bytes 00 01 …, by length.
SIP_KEY = (0x0706050403020100, 0x0F0E0D0C0B0A0908)


@pytest.mark.parametrize(("length", "expected"), FARMHASH.items())
def test_fingerprints_of_every_length_are_farmhashs(length, expected):
    assert fingerprint64([LETTERS[:length]]).tolist() == [expected]


def test_text_is_hashed_as_utf8():
    assert fingerprint64(["é"]).tolist() == fingerprint64([b"\xc3\xa9"]).tolist()


@given(st.lists(st.text(max_size=200), min_size=2, max_size=20))
def test_a_text_has_one_fingerprint_in_any_company(texts):
    alone = [fingerprint64([text])[0] for text in texts]
    assert fingerprint64(texts).tolist() == alone


def test_fingerprints_fill_buckets_evenly():
    buckets = fingerprint64([f"token {n}" for n in range(20_000)]) % np.uint64(10)
    assert np.bincount(buckets.astype(int)).min() > 1_800


def test_siphash_of_the_papers_example():
    assert siphash(bytes(range(15)), SIP_KEY) == 0xA129CA6149BE45E5


def test_siphash_of_nothing_and_of_one_block():
    assert siphash(b"", SIP_KEY) == 0x726FDB47DD0E0E31
    assert siphash(bytes(range(8)), SIP_KEY) == 0x93F5F5799A932462
