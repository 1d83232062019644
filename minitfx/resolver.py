"""Resolvers: choose artifacts of earlier runs, by a strategy."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from minitfx.artifact import Artifact
from minitfx.channel import Channel, OutputChannel
from minitfx.errors import ChannelTypeError, ParameterError, ResolutionError
from minitfx.node import Node

if TYPE_CHECKING:
    from minitfx.catalog.store import Catalog
    from minitfx.metadata import MetadataStore

Candidates = dict[str, list[Artifact]]


class ResolverStrategy:
    """A way to choose: subclass it and write `resolve`.

    Parameters
    ----------
    **config
        The strategy's settings, as given to ``Resolver(config=…)``.

    Notes
    -----
    A resolver chooses anew in every run, so an edited strategy is heeded at once; its code is
    recorded with its choice. What waits for it runs again if the chosen content is another.
    """

    def resolve_artifacts(self, store: MetadataStore, input_dict: Candidates) -> Candidates | None:
        """Choose among the candidates with the whole catalog at hand, as in TFX.

        Parameters
        ----------
        store : MetadataStore
            The catalog.
        input_dict : dict of str to list of Artifact
            The candidates; see `resolve`, which is asked unless a strategy says otherwise.
        """
        return self.resolve(input_dict)

    def resolve(self, candidates: Candidates) -> Candidates | None:
        """Choose among the candidates of every key.

        Parameters
        ----------
        candidates : dict of str to list of Artifact
            By input key, newest first: all that were ever made, or what upstream nodes of this
            run made.

        Returns
        -------
        dict of str to list of Artifact, or None
            The chosen ones by key; None fails the node, an empty list leaves what waits for it
            without this input.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how it resolves")


class LatestArtifactStrategy(ResolverStrategy):
    """The newest artifacts of each key.

    Parameters
    ----------
    desired_num_of_artifacts : int, default 1
        How many of each.
    """

    def __init__(self, desired_num_of_artifacts: int = 1) -> None:
        self.count = desired_num_of_artifacts

    def resolve(self, candidates: Candidates) -> Candidates | None:
        """Return the newest of each key, or None if one has too few."""
        chosen = {key: found[: self.count] for key, found in candidates.items()}
        return chosen if all(len(found) == self.count for found in chosen.values()) else None


class LatestBlessedModelStrategy(ResolverStrategy):
    """The newest model that an Evaluator blessed, with its blessing.

    It takes one channel of `Model` and one of `ModelBlessing`; while no model has been blessed,
    both come out empty.
    """

    def resolve(self, candidates: Candidates) -> Candidates | None:
        """Return the newest blessed model and its blessing, or nothing of either.

        Raises
        ------
        ChannelTypeError
            If the channels are not one of models and one of blessings.
        """
        models_key, blessings_key = self._keys(candidates)
        blessed = {
            str(each.get_custom_property("current_model_id")): each
            for each in reversed(candidates[blessings_key])
            if each.get_int_custom_property("blessed") == 1
        }
        for model in candidates[models_key]:
            if str(model.id) in blessed:
                return {models_key: [model], blessings_key: [blessed[str(model.id)]]}
        return {models_key: [], blessings_key: []}

    @staticmethod
    def _keys(candidates: Candidates) -> tuple[str, str]:
        kinds = {key: getattr(found, "type_name", "") for key, found in candidates.items()}
        models = [key for key, kind in kinds.items() if kind == "Model"]
        blessings = [key for key, kind in kinds.items() if kind == "ModelBlessing"]
        if len(models) != 1 or len(blessings) != 1 or len(candidates) != 2:
            raise ChannelTypeError(
                "LatestBlessedModelStrategy takes exactly one channel of Model and one of "
                f"ModelBlessing, but was given {', '.join(f'{k}: {v}' for k, v in kinds.items())}"
            )
        return models[0], blessings[0]


class SpanRangeStrategy(ResolverStrategy):
    """The artifacts of a range of spans, the newest span first.

    Parameters
    ----------
    range_config : RangeConfig or dict
        ``static_range`` with ``start_span_number`` and ``end_span_number``, both included; or
        ``rolling_range`` with ``num_spans``, how many of the newest span numbers, none below
        ``start_span_number``.

    Raises
    ------
    ParameterError
        If it is neither, or ``num_spans`` is not positive.

    Examples
    --------
    >>> from minitfx.types import Examples
    >>> days = [Examples(f"day-{span}", properties={"span": span}) for span in (1, 2, 4)]
    >>> strategy = SpanRangeStrategy({"rolling_range": {"num_spans": 3}})
    >>> [each.span for each in strategy.resolve({"examples": days})["examples"]]
    [4, 2]
    """

    def __init__(self, range_config: Any) -> None:
        self.static = _part(range_config, "static_range")
        self.rolling = _part(range_config, "rolling_range")
        if (self.static is None) == (self.rolling is None):
            raise ParameterError(
                f"range_config is {range_config!r}; expected static_range or rolling_range"
            )
        if self.rolling is not None and _number(self.rolling, "num_spans") < 1:
            raise ParameterError("rolling_range needs num_spans of 1 or more")

    def resolve(self, candidates: Candidates) -> Candidates | None:
        """Return the artifacts in range of each key, or None if one has none.

        Raises
        ------
        ResolutionError
            If an artifact has no span.
        """
        chosen = {key: self._in_range(found) for key, found in candidates.items()}
        return chosen if all(chosen.values()) else None

    def _in_range(self, artifacts: list[Artifact]) -> list[Artifact]:
        spans = [(span_of(each), each) for each in artifacts]
        newest = max((span for span, _ in spans), default=-1)
        if self.static is not None:
            first = _number(self.static, "start_span_number")
            last = _number(self.static, "end_span_number")
        else:
            count = _number(self.rolling, "num_spans")
            first = max(_number(self.rolling, "start_span_number"), newest - count + 1)
            last = newest
        inside = [(span, each) for span, each in spans if first <= span <= last]
        return [each for _, each in sorted(inside, key=lambda found: -found[0])]


class PreviousSpanStrategy(ResolverStrategy):
    """The newest artifact of the span before this run's: what drift is measured against.

    Parameters
    ----------
    current : str, default "current"
        Key of the channel that this run made; it passes through. Of every other key the
        candidates by the same node are looked at, and their nearest earlier span is chosen;
        nothing while there is none.

    Notes
    -----
    `LatestArtifactStrategy` would choose the data themselves when a span is run twice.

    Examples
    --------
    >>> from minitfx.types import ExampleStatistics
    >>> days = [ExampleStatistics(f"day-{span}", properties={"span": span}) for span in (4, 2, 1)]
    >>> found = PreviousSpanStrategy().resolve({"current": days[:1], "statistics": days})
    >>> [each.span for each in found["statistics"]]
    [2]
    """

    def __init__(self, current: str = "current") -> None:
        self.current = current

    def resolve(self, candidates: Candidates) -> Candidates | None:
        """Return the current artifacts, and for each other key the nearest earlier span's.

        Raises
        ------
        ResolutionError
            If there is no current artifact, or it has no span.
        """
        now = candidates.get(self.current)
        if not now:
            raise ResolutionError(
                f"PreviousSpanStrategy has no artifact under the key {self.current!r}; wire the "
                f"output of this run to it: Resolver({self.current}=….outputs['…'], …)"
            )
        span, maker = span_of(now[0]), now[0].producer_component
        chosen = {self.current: now}
        for key in candidates.keys() - {self.current}:
            earlier = [
                each
                for each in candidates[key]
                if each.producer_component == maker and span_of(each) < span
            ]
            # The first of equal spans is the newest artifact.
            chosen[key] = sorted(earlier, key=lambda each: -span_of(each))[:1]
        return chosen


def span_of(artifact: Artifact) -> int:
    """Return an artifact's span.

    Raises
    ------
    ResolutionError
        If it has none.
    """
    span = artifact.properties.get("span", artifact.custom_properties.get("span"))
    if span is None:
        raise ResolutionError(f"{artifact!r} has no span, so it lies in no range of spans")
    return int(span)


def _part(config: Any, name: str) -> Any:
    if isinstance(config, Mapping):
        return config.get(name)
    return getattr(config, name) if config is not None and config.HasField(name) else None


def _number(part: Any, name: str) -> int:
    return int(part.get(name, 0) if isinstance(part, Mapping) else getattr(part, name))


class Choice(list[Artifact]):
    """The candidates of one key: a list that knows its artifact type even when it is empty."""

    def __init__(self, type_name: str, artifacts: list[Artifact]) -> None:
        super().__init__(artifacts)
        self.type_name = type_name


class Resolver(Node):
    """Chooses artifacts that earlier runs made.

    Parameters
    ----------
    strategy_class : type of ResolverStrategy, optional
        How to choose; without one, everything passes through.
    config : mapping, optional
        Keyword arguments of the strategy.
    **channels : Channel
        What to choose from: ``Channel(type=Model)`` is every model of the pipeline; an output of
        another node is what that node made in this run. The outputs have the same keys.

    Examples
    --------
    >>> from minitfx.types import Model, ModelBlessing
    >>> latest = Resolver(
    ...     strategy_class=LatestBlessedModelStrategy,
    ...     model=Channel(type=Model),
    ...     model_blessing=Channel(type=ModelBlessing),
    ... ).with_id("latest_blessed_model")
    >>> latest.outputs["model"].type_name
    'Model'
    """

    KIND = "resolver"

    def __init__(
        self,
        strategy_class: type[ResolverStrategy] | None = None,
        config: Mapping[str, Any] | None = None,
        **channels: Channel[Any],
    ) -> None:
        super().__init__()
        if strategy_class is not None and not (
            isinstance(strategy_class, type) and issubclass(strategy_class, ResolverStrategy)
        ):
            raise ParameterError(
                f"strategy_class is {strategy_class!r}; expected a subclass of ResolverStrategy"
            )
        for key, channel in channels.items():
            if not isinstance(channel, Channel):
                raise ChannelTypeError(f"Resolver.{key} is {channel!r}; expected a channel")
        if strategy_class is not None:
            _check_config(strategy_class, config or {})
        self.strategy_class = strategy_class
        self._parameters = {"strategy_class": strategy_class, "config": dict(config or {})}
        self._inputs = dict(channels)
        self._outputs = {
            key: OutputChannel(channel.type, self, key, optional=True)
            for key, channel in channels.items()
        }

    def choose(
        self, candidates: Candidates, config: Mapping[str, Any], catalog: Catalog
    ) -> Candidates | None:
        """Return what the strategy chooses; one that asks for the catalog gets a client of it."""
        if self.strategy_class is None:
            return candidates
        strategy = self.strategy_class(**config)
        if type(strategy).resolve_artifacts is ResolverStrategy.resolve_artifacts:
            return strategy.resolve(candidates)
        from minitfx.metadata import MetadataStore

        return strategy.resolve_artifacts(MetadataStore(catalog), candidates)


def _check_config(strategy: type[ResolverStrategy], config: Mapping[str, Any]) -> None:
    try:
        inspect.signature(strategy).bind(**config)
    except TypeError as error:
        raise ParameterError(
            f"Resolver(config={dict(config)!r}) does not fit {strategy.__name__}: {error}"
        ) from None
