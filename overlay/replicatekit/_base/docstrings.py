"""The async half of the public names says what the sync half says: each docstring is written once."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["mirrors", "same_words"]

C = TypeVar("C", bound=type)
F = TypeVar("F", bound="Callable[..., Any]")


def mirrors(sync: type) -> Callable[[C], C]:
    """Give an async class, and its methods, the docstrings of the sync class that it stands for."""

    def decorate(cls: C) -> C:
        if cls.__doc__ is None or not cls.__doc__.strip():
            cls.__doc__ = sync.__doc__
        for name, member in vars(cls).items():
            source = getattr(sync, name, None)
            if (callable(member) or isinstance(member, (property, cached_property))) and source is not None:
                member.__doc__ = member.__doc__ or source.__doc__
        return cls

    return decorate


def same_words(source: Callable[..., Any]) -> Callable[[F], F]:
    """Give a function the docstring of the one that it stands for."""

    def decorate(function: F) -> F:
        function.__doc__ = source.__doc__
        return function

    return decorate
