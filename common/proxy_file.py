"""Files of the proxy's dynamic configuration: what ours may have in them.

One file that the proxy cannot read keeps it from heeding any other, so none is written unseen.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Mapping

_CALL = r"!?(?:Host|Path|PathPrefix|ClientIP)\(`[^`]+`\)"
_RULE = re.compile(rf"{_CALL}(?: (?:&&|\|\|) {_CALL})*")
_MARK_PRIORITY = 200_000


def _rule(text: str) -> str:
    if not _RULE.fullmatch(text):
        raise ValueError(f"{text!r} is no rule that we use")
    return text


class _Exact(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Router(_Exact):
    rule: Annotated[str, AfterValidator(_rule)]
    service: str = Field(min_length=1)
    entryPoints: list[str] = Field(min_length=1)  # noqa: N815 - the proxy's own word
    priority: int = Field(gt=0)
    middlewares: list[str] | None = Field(default=None, min_length=1)
    tls: dict[str, str] | None = None


class _Server(_Exact):
    url: str = Field(pattern=r"^http://[^/]+$")


class _LoadBalancer(_Exact):
    servers: list[_Server] = Field(min_length=1)


class _Service(_Exact):
    loadBalancer: _LoadBalancer  # noqa: N815 - the proxy's own word


class _Allowed(_Exact):
    sourceRange: list[str] = Field(min_length=1)  # noqa: N815 - the proxy's own word


class _Middleware(_Exact):
    ipAllowList: _Allowed  # noqa: N815 - the proxy's own word


class _Http(_Exact):
    routers: dict[str, _Router] = Field(min_length=1)
    services: dict[str, _Service] | None = Field(default=None, min_length=1)
    middlewares: dict[str, _Middleware] | None = Field(default=None, min_length=1)


class _File(_Exact):
    http: _Http


def text(document: Mapping[str, Any]) -> str:
    """Return a file in YAML, once it reads back as what the proxy takes.

    Raises:
        OperatorError: it has something that the proxy may not read.
    """
    written = yaml.safe_dump(dict(document), sort_keys=True, width=1000).rstrip()
    if "{{" in written:
        raise OperatorError("a file of the proxy may not contain {{: it would be a template")
    try:
        _File.model_validate(yaml.safe_load(written))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise OperatorError(f"the proxy would not read our file: {where}: {first['msg']}") from None
    return written


def mark(document: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """A path that the proxy answers with 418 once this very file is in force, and its router."""
    digest = hashlib.sha256(yaml.safe_dump(dict(document)).encode()).hexdigest()[:24]
    path = f"/.nutri/{digest}"
    return path, marker(path)


def marker(path: str) -> dict[str, Any]:
    """A router that answers 418 at a path while the file that it is in is in force."""
    return {
        "rule": f"Path(`{path}`)",
        "entryPoints": ["http"],
        "service": "noop@internal",
        "priority": _MARK_PRIORITY,
    }
