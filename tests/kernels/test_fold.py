"""Folds give the same bits wherever they run."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitfx.ambient import Progress, surround
from minitfx.kernels import Bundle, MergeTree, ProcessEngine, SerialEngine, ThreadEngine, fold


@dataclass(frozen=True)
class Numbers:
    values: tuple[float, ...]

    def read(self) -> tuple[float, ...]:
        return self.values


@dataclass
class Total:
    """A float sum: its bits depend on the order of the additions."""

    total: float = 0.0
    seen: list[float] = field(default_factory=list)

    def zero(self) -> Total:
        return Total()

    def add(self, chunk: tuple[float, ...]) -> Total:
        for value in chunk:
            self.total += value
        self.seen += chunk
        return self

    def merge(self, other: Total) -> Total:
        return Total(self.total + other.total, self.seen + other.seen)

    def result(self) -> tuple[float, list[float]]:
        return self.total, self.seen


@dataclass
class Shape:
    """Writes down how the tree was merged."""

    text: str = ""

    def merge(self, other: Shape) -> Shape:
        return Shape(f"({self.text}{other.text})")


def chunks(count: int) -> list[Numbers]:
    return [Numbers((0.1 * index, 1e16 / (index + 1), -3.7)) for index in range(count)]


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 21])
def test_every_engine_gives_the_same_bits(count: int) -> None:
    results = []
    for engine in (SerialEngine(), ThreadEngine(2), ThreadEngine(5), ProcessEngine(2)):
        with surround(engine=engine):
            results.append(fold(Total(), chunks(count)))
    assert all(result == results[0] for result in results)


def test_chunks_are_merged_in_their_order() -> None:
    with surround(workers=3):
        _, seen = fold(Total(), chunks(10))
    assert seen == [value for chunk in chunks(10) for value in chunk.values]


def test_no_chunks_give_the_result_of_zero() -> None:
    assert fold(Total(), []) == (0.0, [])


@given(st.permutations(list(range(7))))
def test_the_tree_does_not_depend_on_the_order_of_arrival(order: list[int]) -> None:
    tree = MergeTree(7)
    for index in order:
        tree.put(index, Shape(str(index)))
    assert tree.root().text == "(((01)(23))((45)6))"


def test_a_tree_that_lacks_a_partial_has_no_root() -> None:
    tree = MergeTree(2)
    tree.put(1, Shape("1"))
    tree.put(0, Shape("0"))
    assert tree.root().text == "(01)"
    lacking = MergeTree(3)
    lacking.put(0, Shape("0"))
    lacking.put(2, Shape("2"))
    with pytest.raises(RuntimeError, match="2 partial results wait"):
        lacking.root()


def test_partials_in_order_are_held_logarithmically() -> None:
    tree, most = MergeTree(1000), 0
    for index in range(1000):
        tree.put(index, Shape(""))
        most = max(most, len(tree._waiting))
    assert most <= 11


def test_a_bundle_is_its_members_side_by_side() -> None:
    both = fold(Bundle({"a": Total(), "b": Total()}), chunks(5))
    assert both["a"] == both["b"] == fold(Total(), chunks(5))


def test_progress_counts_every_chunk() -> None:
    told: list[Progress] = []
    with surround(observer=told.append):
        fold(Total(), chunks(4))
    assert [each.done for each in told] == [1, 2, 3, 4]
    assert {each.total for each in told} == {4}


def test_an_error_in_a_chunk_reaches_the_caller() -> None:
    class Broken:
        def read(self) -> tuple[float, ...]:
            raise ValueError("unreadable")

    for workers in (1, 3):
        with surround(workers=workers), pytest.raises(ValueError, match="unreadable"):
            fold(Total(), [*chunks(3), Broken()])
