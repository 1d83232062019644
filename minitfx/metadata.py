"""A client for the catalog, with the verbs of ML Metadata.

::

    store = MetadataStore("pipelines/taxi")
    (model,) = store.get_artifacts_by_type("Model")
    made_by = store.get_lineage_subgraph(artifact_ids=[model.id], direction="upstream")

Every call reads the catalog as it stands then, with what is running at that moment; inside
``with store:`` all calls see the same moment, and are faster. Nothing that is asked blocks a run.
The same is in SQL: ``minitfx sql`` and `minitfx.catalog.session.query`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from minitfx.artifact import Artifact
from minitfx.catalog.artifacts import artifacts_statement, read_artifacts
from minitfx.catalog.database import Connection
from minitfx.catalog.executions import EVENT_COLUMNS, EXECUTION_COLUMNS, Event, read_executions
from minitfx.catalog.reach import REACHED_ARTIFACTS, REACHED_EXECUTIONS, passed, reach_statement
from minitfx.catalog.session import open_catalog, reading
from minitfx.catalog.sql import in_list, literal
from minitfx.catalog.store import Catalog
from minitfx.errors import CatalogError, did_you_mean
from minitfx.execution import Execution

__all__ = ["Context", "Event", "Lineage", "MetadataStore"]

_DIRECTIONS = ("upstream", "downstream", "bidirectional")


@dataclass(frozen=True)
class Context:
    """What executions and artifacts belong to.

    Attributes
    ----------
    id : int
        Its number.
    type : str
        ``pipeline``, ``pipeline_run`` or ``node``.
    name : str
        The pipeline's name, the run's id, or ``<pipeline>.<node>``.
    """

    id: int
    type: str
    name: str


@dataclass(frozen=True)
class Lineage:
    """A part of the graph of artifacts and executions.

    Attributes
    ----------
    artifacts, executions, events : list
        What is in it, by id.
    """

    artifacts: list[Artifact]
    executions: list[Execution]
    events: list[Event]


class MetadataStore:
    """What the catalog of a pipeline root knows.

    Parameters
    ----------
    root : path or Catalog
        The pipeline root.

    Raises
    ------
    StorageError
        If nothing was ever run there.

    Notes
    -----
    Artifacts carry no list of files, executions no ingredients of their fingerprint: ``minitfx
    why`` tells those. Lists are in the order of their ids.
    """

    def __init__(self, root: str | Path | Catalog) -> None:
        self._catalog = root if isinstance(root, Catalog) else open_catalog(root)
        self._open: AbstractContextManager[Connection] | None = None
        self._connection: Connection | None = None

    def __enter__(self) -> MetadataStore:
        self._open = reading(self._catalog)
        self._connection = self._open.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        session, self._open, self._connection = self._open, None, None
        if session is not None:
            session.__exit__(kind, error, trace)

    # ── artifacts ────────────────────────────────────────────────────────────

    def get_artifacts(self, where: str = "", limit: int | None = None) -> list[Artifact]:
        """Return all artifacts, or those that fulfil a condition.

        Parameters
        ----------
        where : str
            SQL over the view ``artifacts``, such as ``type = 'Model' AND run_id = '…'``.
        limit : int, optional
            How many at most, the first ones.
        """
        return self._artifacts(f"a.id IN ({_ids('artifact_id', 'artifacts', where, limit)})")

    def get_artifacts_by_id(self, artifact_ids: Iterable[int]) -> list[Artifact]:
        """Return the artifacts with these ids; unknown ones are left out."""
        return self._artifacts(f"a.id IN {in_list(artifact_ids)}")

    def get_artifacts_by_type(self, type_name: str | type[Artifact]) -> list[Artifact]:
        """Return the artifacts of a type, given as its name or class."""
        name = type_name if isinstance(type_name, str) else type_name.TYPE_NAME
        return self._artifacts(f"a.type = {literal(name)}")

    def get_artifact_by_type_and_name(
        self, type_name: str | type[Artifact], artifact_name: str
    ) -> Artifact | None:
        """Return the artifact of a type with a name, or None."""
        found = self.get_artifacts_by_type(type_name)
        return next((each for each in found if each.name == artifact_name), None)

    def get_artifacts_by_uri(self, uri: str | Path) -> list[Artifact]:
        """Return the artifacts whose payload lies at a path."""
        return self._artifacts(f"full_uri(a.root, a.uri) = {literal(str(uri))}")

    def get_artifacts_by_context(self, context_id: int) -> list[Artifact]:
        """Return the artifacts that came out in a context, new or from the cache."""
        return self._artifacts(
            f"a.id IN (SELECT artifact_id FROM attribution WHERE context_id = {int(context_id)})"
        )

    def get_artifact_types(self) -> list[str]:
        """Return the names of the artifact types that occur."""
        return self._names("SELECT DISTINCT type FROM artifact ORDER BY 1")

    # ── executions ───────────────────────────────────────────────────────────

    def get_executions(self, where: str = "", limit: int | None = None) -> list[Execution]:
        """Return all executions, or those that fulfil a condition.

        Parameters
        ----------
        where : str
            SQL over the view ``nodes``, such as ``state = 'FAILED'``.
        limit : int, optional
            How many at most, the first ones.
        """
        return self._executions(f"id IN ({_ids('execution_id', 'nodes', where, limit)})")

    def get_executions_by_id(self, execution_ids: Iterable[int]) -> list[Execution]:
        """Return the executions with these ids; unknown ones are left out."""
        return self._executions(f"id IN {in_list(execution_ids)}")

    def get_executions_by_type(self, type_name: str) -> list[Execution]:
        """Return the executions of a component, given as its dotted class or its last part."""
        return self._executions(
            f"(type = {literal(type_name)} OR ends_with(type, {literal('.' + type_name)}))"
        )

    def get_executions_by_context(self, context_id: int) -> list[Execution]:
        """Return the executions of a context."""
        return self._executions(
            f"id IN (SELECT execution_id FROM association WHERE context_id = {int(context_id)})"
        )

    def get_execution_types(self) -> list[str]:
        """Return the component classes that occur."""
        return self._names("SELECT DISTINCT type FROM execution ORDER BY 1")

    # ── contexts ─────────────────────────────────────────────────────────────

    def get_contexts(self) -> list[Context]:
        """Return all contexts."""
        return self._contexts("TRUE")

    def get_contexts_by_id(self, context_ids: Iterable[int]) -> list[Context]:
        """Return the contexts with these ids; unknown ones are left out."""
        return self._contexts(f"id IN {in_list(context_ids)}")

    def get_contexts_by_type(self, type_name: str) -> list[Context]:
        """Return the contexts of a type: ``pipeline``, ``pipeline_run`` or ``node``."""
        return self._contexts(f"type = {literal(type_name)}")

    def get_context_by_type_and_name(self, type_name: str, context_name: str) -> Context | None:
        """Return the context of a type with a name, or None."""
        condition = f"type = {literal(type_name)} AND name = {literal(context_name)}"
        return next(iter(self._contexts(condition)), None)

    def get_contexts_by_artifact(self, artifact_id: int) -> list[Context]:
        """Return the contexts in which an artifact came out."""
        return self._contexts(
            f"id IN (SELECT context_id FROM attribution WHERE artifact_id = {int(artifact_id)})"
        )

    def get_contexts_by_execution(self, execution_id: int) -> list[Context]:
        """Return the contexts of an execution."""
        return self._contexts(
            f"id IN (SELECT context_id FROM association WHERE execution_id = {int(execution_id)})"
        )

    def get_parent_contexts_by_context(self, context_id: int) -> list[Context]:
        """Return the contexts above one: of a run, its pipeline."""
        return self._contexts(
            f"id IN (SELECT parent_id FROM parent_context WHERE context_id = {int(context_id)})"
        )

    def get_children_contexts_by_context(self, context_id: int) -> list[Context]:
        """Return the contexts below one: of a pipeline, its runs."""
        return self._contexts(
            f"id IN (SELECT context_id FROM parent_context WHERE parent_id = {int(context_id)})"
        )

    # ── events and lineage ───────────────────────────────────────────────────

    def get_events_by_artifact_ids(self, artifact_ids: Iterable[int]) -> list[Event]:
        """Return who read and who made artifacts."""
        return self._events(f"artifact_id IN {in_list(artifact_ids)}")

    def get_events_by_execution_ids(self, execution_ids: Iterable[int]) -> list[Event]:
        """Return what executions read and made."""
        return self._events(f"execution_id IN {in_list(execution_ids)}")

    def get_lineage_subgraph(
        self,
        *,
        artifact_ids: Iterable[int] = (),
        execution_ids: Iterable[int] = (),
        direction: str = "bidirectional",
        max_hops: int = 20,
    ) -> Lineage:
        """Return what is reached from artifacts and executions.

        Parameters
        ----------
        artifact_ids, execution_ids : iterable of int
            Where to start.
        direction : {"upstream", "downstream", "bidirectional"}
            Towards what they were made from, towards what was made from them, or any way.
        max_hops : int
            How many steps at most; from an artifact to an execution is one, as is from there to
            the next artifact.

        Raises
        ------
        CatalogError
            If the direction is another.

        Notes
        -----
        One query, which passes over the events once per hop. A Resolver makes nothing, so its
        choices are no steps.
        """
        way = direction.lower()
        if way not in _DIRECTIONS:
            raise CatalogError(f"direction {direction!r}: {did_you_mean(way, _DIRECTIONS)}")
        with self._session():
            return self._reach(artifact_ids, execution_ids, way, max_hops)

    def _reach(
        self, artifacts: Iterable[int], executions: Iterable[int], way: str, hops: int
    ) -> Lineage:
        self._rows(reach_statement(artifacts, executions, way, hops))
        return Lineage(
            self._artifacts(f"a.id IN ({REACHED_ARTIFACTS})"),
            self._executions(f"id IN ({REACHED_EXECUTIONS})"),
            self._events(passed(way, hops)),
        )

    # ── reading ──────────────────────────────────────────────────────────────

    @contextmanager
    def _session(self) -> Iterator[Connection]:
        if self._connection is not None:
            yield self._connection
            return
        with self:
            assert self._connection is not None
            yield self._connection

    def _rows(self, statement: str) -> list[tuple[Any, ...]]:
        import duckdb

        with self._session() as connection:
            try:
                return connection.execute(statement).fetchall()
            except duckdb.Error as error:
                raise CatalogError(f"the catalog cannot answer: {error}") from error

    def _names(self, statement: str) -> list[str]:
        return [str(row[0]) for row in self._rows(statement)]

    def _artifacts(self, where: str) -> list[Artifact]:
        return read_artifacts(self._rows(artifacts_statement(where)))

    def _contexts(self, where: str) -> list[Context]:
        rows = self._rows(
            f"SELECT DISTINCT id, type, name FROM context WHERE {where} ORDER BY type, name"
        )
        return [Context(*row) for row in rows]

    def _events(self, where: str) -> list[Event]:
        rows = self._rows(
            f"SELECT {EVENT_COLUMNS} FROM event "
            f"WHERE {where} ORDER BY execution_id, type, key, position"
        )
        return [Event(*row) for row in rows]

    def _executions(self, where: str) -> list[Execution]:
        with self._session():
            rows = self._rows(
                f"SELECT {EXECUTION_COLUMNS} FROM execution WHERE {where} ORDER BY id"
            )
            chosen = f"execution_id IN (SELECT id FROM execution WHERE {where})"
            properties = self._rows(
                "SELECT execution_id, name, value FROM execution_property "
                f"WHERE {chosen} ORDER BY name"
            )
            events = self._events(chosen)
            artifacts = self._artifacts(
                f"a.id IN (SELECT artifact_id FROM event WHERE {chosen} AND type <> 'INPUT')"
            )
        return read_executions(rows, properties, events, artifacts)


def _ids(column: str, view: str, where: str, limit: int | None) -> str:
    condition = f" WHERE {where}" if where else ""
    bound = f" LIMIT {int(limit)}" if limit is not None else ""
    return f"SELECT {column} FROM {view}{condition} ORDER BY {column}{bound}"
