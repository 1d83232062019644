"""Resolvers: choose artifacts of earlier runs, by a strategy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minitfx.artifact import Artifact
from minitfx.channel import Channel, OutputChannel
from minitfx.errors import ChannelTypeError, ParameterError
from minitfx.node import Node

Candidates = dict[str, list[Artifact]]


class ResolverStrategy:
    """A way to choose: subclass it and write `resolve`.

    Parameters
    ----------
    **config
        The strategy's settings, as given to ``Resolver(config=…)``.
    """

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
        self.strategy_class = strategy_class
        self._parameters = {"strategy_class": strategy_class, "config": dict(config or {})}
        self._inputs = dict(channels)
        self._outputs = {
            key: OutputChannel(channel.type, self, key, optional=True)
            for key, channel in channels.items()
        }

    def choose(self, candidates: Candidates, config: Mapping[str, Any]) -> Candidates | None:
        """Return what the strategy chooses."""
        if self.strategy_class is None:
            return candidates
        return self.strategy_class(**config).resolve(candidates)
