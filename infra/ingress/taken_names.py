"""A name taken over from another stack: set where it is, made where it is not.

The zone outlives every platform that served it, so a platform made in place of a lost one finds
zone and records there already. Whoever set a record last owns it: it is deleted only while it still
holds the address that was set here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult
from pydantic import SecretStr

from clients.hetzner import Hetzner, HetznerError, reach
from common.target import HetznerTarget
from infra.dynamic import Provider

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from config.settings import Settings

_THERE_ALREADY = "uniqueness_error"
_NOT_THERE = "not_found"


def _path(props: Mapping[str, Any]) -> str:
    return f"zones/{props['zone']}/rrsets"


def _own(props: Mapping[str, Any]) -> str:
    return f"{_path(props)}/{props['record']}/{props['type']}"


def _records(props: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"value": props["address"]}]


def _current(api: Hetzner, props: Mapping[str, Any]) -> str | None:
    """The value the record has; None when it is not there."""
    try:
        records = api.get(_own(props))["rrset"]["records"]
    except HetznerError as error:
        if error.code == _NOT_THERE:
            return None
        raise
    return ",".join(sorted(str(one["value"]) for one in records))


def _set(props: Mapping[str, Any]) -> None:
    with _connect(props) as api:
        wanted = {"name": props["record"], "type": props["type"], "ttl": int(props["ttl"])}
        try:
            api.act(_path(props), {**wanted, "records": _records(props)})
        except HetznerError as error:
            if error.code != _THERE_ALREADY:
                raise
            api.act(f"{_own(props)}/actions/set_records", {"records": _records(props)})
            api.act(f"{_own(props)}/actions/change_ttl", {"ttl": int(props["ttl"])})


def _connect(props: Mapping[str, Any]) -> AbstractContextManager[Hetzner]:
    return reach(HetznerTarget(endpoint=props["endpoint"], token=SecretStr(props["token"])))


class _TakenNameProvider(Provider):
    replace_on: ClassVar[frozenset[str]] = frozenset({"zone", "record", "type"})

    def create(self, props: dict[str, Any]) -> CreateResult:
        _set(props)
        return CreateResult(_own(props), props)

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        _set(news)
        return UpdateResult(news)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        with _connect(props) as api:
            found = _current(api, props)
        return ReadResult(id_, {**props, "address": found}) if found else ReadResult("", {})

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        with _connect(props) as api:
            if _current(api, props) == props["address"]:
                api.delete(_own(props))


class TakenName(Resource, module="nutri", name="TakenName"):
    """One address record of a zone that another stack made."""

    def __init__(  # noqa: PLR0913, PLR0917 - a record has this many sides
        self,
        settings: Settings,
        name: str,
        kind: str,
        address: pulumi.Output[str],
        ttl: int,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "endpoint": settings.hcloud_endpoint,
            "token": pulumi.Output.secret(settings.hcloud_token.get_secret_value()),
            "zone": settings.zone_name,
            "record": name,
            "type": kind,
            "address": address,
            "ttl": ttl,
        }
        super().__init__(_TakenNameProvider(), f"{name}-{kind.lower()}", props, opts)
