"""The base of this project's dynamic providers: what every one of them does alike."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, ClassVar

from pulumi.dynamic import CheckResult, DiffResult, ResourceProvider

from common.errors import OperatorError
from infra import kinds, orphaned

if TYPE_CHECKING:
    from collections.abc import Callable

_ENGINE_KEY = "__provider"


class _NoTraceback(logging.Filter):
    """Keep gRPC's server from printing a traceback for an error made for the operator."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let a record through unless it only repeats an operator's error."""
        return not (record.exc_info and isinstance(record.exc_info[1], OperatorError))


logging.getLogger("grpc._server").addFilter(_NoTraceback())
orphaned.end_with_engine()


class Provider(ResourceProvider):
    """A provider whose inputs are its state: a changed input is an update or a replacement."""

    serialize_as_secret_always = False

    replace_on: ClassVar[frozenset[str]] = frozenset()
    """Inputs that identify the resource; a change in one of them replaces it."""

    delete_before_replace: ClassVar[bool] = False

    def __reduce__(self) -> tuple[Callable[[str], ResourceProvider], tuple[str]]:
        """Be kept in the state by kind, so that the class may be moved and renamed."""
        return kinds.provider, (kinds.kind_of(type(self)),)

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Accept the inputs as they are; settings were validated before."""
        return CheckResult({k: v for k, v in news.items() if k != _ENGINE_KEY}, [])

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Compare input by input; the engine's own property is none."""
        changed = [k for k, v in news.items() if k != _ENGINE_KEY and olds.get(k) != v]
        return DiffResult(
            changes=bool(changed),
            replaces=[k for k in changed if k in self.replace_on],
            stables=[],
            delete_before_replace=self.delete_before_replace,
        )
