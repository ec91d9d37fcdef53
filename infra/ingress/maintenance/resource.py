"""The maintenance page of one server as a resource; what was changed by hand, an update mends."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, ClassVar

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from clients.ssh import SshClient, SshError
from common.maintenance import HEADER, PATH, Mode
from common.target import SshTarget
from infra.dynamic import Provider
from infra.ingress.maintenance.routes import MARK
from infra.remote import program

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS = 300.0
_LOOK_SECONDS = 30.0
_PAST = "past the page"
_ABSENT: dict[str, Any] = {"mode": Mode.OFF.value, "routes": "", "state": "", "program": ""}


def _run(props: Mapping[str, Any], script: str, values: Mapping[str, str], bound: float) -> str:
    with SshClient(SshTarget.of(props["ssh"])) as client:
        return client.run(["bash", "-s"], stdin=program(script, values), timeout=bound).stdout


def _bring_about(props: Mapping[str, Any]) -> None:
    values = {"HOSTS": "\n".join(props["hosts"]), "BANNER_PATH": PATH, "HEADER": HEADER}
    if props["mode"] == Mode.OFF:
        values |= {"PAST": "\n".join(props.get("past") or ()), "MARK": MARK}
        said = _run(props, "maintenance-off.sh", values, _SECONDS)
        if _PAST in said:
            print(said, file=sys.stderr, flush=True)  # noqa: T201 - the engine shows it
        return
    values |= {"SHUT": "\n".join(props["shut"]), "MODE": props["mode"], "PROGRAM": props["program"]}
    values |= {"STATE": props["state"], "ROUTES": props["routes"]}
    _run(props, "maintenance-on.sh", values, _SECONDS)


def observed(props: Mapping[str, Any], output: str) -> dict[str, Any]:
    """What `maintenance-look.sh` printed, as the inputs it would have come from."""
    from checks.snapshot import sections  # noqa: PLC0415 - a preview needs none of the checks

    parts = {name: text.strip() for name, text in sections(output).items()}
    wants = props["mode"] != Mode.OFF
    is_served = parts["served"] in {"active", "activating"}
    routes = parts["routes"] if is_served == wants else f"{parts['routes']}\n# {parts['served']}"
    return {"routes": routes, "state": parts["state"]}


class _PageProvider(Provider):
    replace_on: ClassVar[frozenset[str]] = frozenset({"server"})

    def create(self, props: dict[str, Any]) -> CreateResult:
        _bring_about(props)
        return CreateResult("maintenance", props)

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        _bring_about(news)
        return UpdateResult(news)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Refresh: what is on the server, or what is kept where it cannot be asked."""
        try:
            seen = observed(props, _run(props, "maintenance-look.sh", {}, _LOOK_SECONDS))
        except SshError as error:
            print(f"{id_} was not looked at: {error}", file=sys.stderr, flush=True)  # noqa: T201
            return ReadResult(id_, props)
        return ReadResult(id_, {**props, **seen})

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        _bring_about({**props, **_ABSENT})


class MaintenancePage(Resource, module="nutri", name="MaintenancePage"):
    """Page, banner and routes on one server, or nothing of them."""

    def __init__(
        self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        secret = pulumi.ResourceOptions(additional_secret_outputs=["ssh"])
        super().__init__(_PageProvider(), name, props, pulumi.ResourceOptions.merge(secret, opts))
