"""The public names: all there, lazily, and none hidden by a module of the same name."""

import doctest
import pkgutil
from importlib import import_module
from types import ModuleType

import pytest

import minitfx.transform as tft

MODULES = [each.name for each in pkgutil.walk_packages(tft.__path__, "minitfx.transform.")]


def test_every_public_name_is_what_it_says_even_when_all_modules_are_loaded():
    for module in MODULES:
        import_module(module)
    assert tft.__all__ == sorted(tft.__all__)
    for name in tft.__all__:
        found = getattr(tft, name)
        assert isinstance(found, ModuleType) == (name == "experimental"), name
        assert found.__name__.removeprefix("minitfx.transform.") == name
        assert found.__doc__, name


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("coders", "rows are Arrow tables, which need no coder"),
        ("beam", "tft.analyze fits a preprocessing_fn"),
        ("scale_to_zscore", "Did you mean 'scale_to_z_score'"),
    ],
)
def test_a_name_that_is_not_there_says_what_is(name, message):
    with pytest.raises(AttributeError, match=message):
        getattr(tft, name)


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_of_a_module_hold(module):
    assert doctest.testmod(import_module(module)).failed == 0
