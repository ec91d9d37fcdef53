"""Firewalls over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from localcloud.hetzner.actions.routes import many_actions, routes_for
from localcloud.hetzner.actions.routes import shape as shape_action
from localcloud.hetzner.errors import InvalidInputError
from localcloud.hetzner.firewalls.models import Target
from localcloud.hetzner.firewalls.rules import Rule, check_rules
from localcloud.hetzner.http import (
    JSON,
    Answer,
    ClosedBody,
    Labels,
    cloud_of,
    created,
    no_content,
    parse,
    path_id,
)
from localcloud.hetzner.listing import answer_list, ordered, wanted
from localcloud.hetzner.nouns import noun_routes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from localcloud.hetzner.actions.models import Action
    from localcloud.hetzner.cloud import Cloud
    from localcloud.hetzner.firewalls.models import Firewall

Name = Annotated[str, Field(min_length=1, max_length=128)]


class RuleBody(ClosedBody):
    """One rule."""

    direction: Literal["in", "out"]
    protocol: Literal["tcp", "udp", "icmp", "esp", "gre"]
    port: str | None = None
    source_ips: tuple[str, ...] | None = None
    destination_ips: tuple[str, ...] | None = None
    description: str | None = Field(None, max_length=255)

    @property
    def rule(self) -> Rule:
        """The rule itself."""
        return Rule(
            self.direction,
            self.protocol,
            self.port or None,
            self.source_ips or (),
            self.destination_ips or (),
            self.description,
        )


class ServerRef(ClosedBody):
    """A server by id."""

    id: int


class SelectorRef(ClosedBody):
    """A label selector."""

    selector: str


class TargetBody(ClosedBody):
    """A server, or a label selector."""

    type: Literal["server", "label_selector"]
    server: ServerRef | None = None
    label_selector: SelectorRef | None = None

    @property
    def target(self) -> Target:
        """The target itself; raises InvalidInputError where the named kind is missing."""
        if self.type == "server" and self.server:
            return Target(server=self.server.id)
        if self.type == "label_selector" and self.label_selector:
            return Target(selector=self.label_selector.selector)
        raise InvalidInputError.field(self.type, "is missing")


class Create(ClosedBody):
    """POST /firewalls."""

    name: Name
    labels: Labels = Field(default_factory=dict)
    rules: tuple[RuleBody, ...] | None = None
    apply_to: tuple[TargetBody, ...] | None = None


class Update(ClosedBody):
    """PUT /firewalls/{id}."""

    name: Name | None = None
    labels: Labels | None = None


class SetRules(ClosedBody):
    """POST /firewalls/{id}/actions/set_rules."""

    rules: tuple[RuleBody, ...]


class Apply(ClosedBody):
    """POST /firewalls/{id}/actions/apply_to_resources."""

    apply_to: tuple[TargetBody, ...]


class Remove(ClosedBody):
    """POST /firewalls/{id}/actions/remove_from_resources."""

    remove_from: tuple[TargetBody, ...]


def shape(firewall: Firewall, cloud: Cloud) -> JSON:
    """The firewall as the API shows it."""
    return {
        "id": firewall.id,
        "name": firewall.name,
        "created": firewall.created,
        "labels": firewall.labels,
        "rules": [_rule(rule) for rule in firewall.rules],
        "applied_to": [_target(target, cloud) for target in firewall.targets],
    }


def _rule(rule: Rule) -> JSON:
    return {
        "direction": rule.direction,
        "protocol": rule.protocol,
        "port": rule.port,
        "source_ips": list(rule.source_ips),
        "destination_ips": list(rule.destination_ips),
        "description": rule.description,
    }


def _target(target: Target, cloud: Cloud) -> JSON:
    if target.selector is None:
        return {"type": "server", "server": {"id": target.server}}
    servers = cloud.firewalls.servers_of(target)
    return {
        "type": "label_selector",
        "label_selector": {"selector": target.selector},
        "applied_to_resources": [{"type": "server", "server": {"id": one.id}} for one in servers],
    }


async def list_all(request: Request) -> Response:
    """GET /firewalls."""
    cloud = cloud_of(request)
    found = wanted(request, cloud.firewalls.all())
    ranked = ordered(request, found, ("id", "name", "created"))
    return answer_list(request, "firewalls", [shape(one, cloud) for one in ranked])


async def create(request: Request) -> Response:
    """POST /firewalls."""
    cloud = cloud_of(request)
    body = await parse(request, Create)
    rules = tuple(one.rule for one in body.rules or ())
    targets = tuple(one.target for one in body.apply_to or ())
    firewall = cloud.firewalls.create(body.name, rules, targets, body.labels)
    actions = await _enforce(cloud, firewall.id, "apply_firewall", targets, rules)
    shown = [shape_action(action) for action in actions]
    return created({"firewall": shape(firewall, cloud), "actions": shown})


async def get(request: Request) -> Response:
    """GET /firewalls/{id}."""
    return Answer({"firewall": shape(_firewall(request), cloud_of(request))})


async def update(request: Request) -> Response:
    """PUT /firewalls/{id}."""
    cloud = cloud_of(request)
    firewall = _firewall(request)
    body = await parse(request, Update)
    return Answer(
        {"firewall": shape(cloud.firewalls.update(firewall, body.name, body.labels), cloud)}
    )


async def delete(request: Request) -> Response:
    """DELETE /firewalls/{id}."""
    cloud_of(request).firewalls.delete(_firewall(request))
    return no_content()


async def set_rules(request: Request) -> Response:
    """POST /firewalls/{id}/actions/set_rules."""
    cloud = cloud_of(request)
    firewall = _firewall(request)
    rules = tuple(one.rule for one in (await parse(request, SetRules)).rules)
    check_rules(rules)
    targets = firewall.targets
    return many_actions(await _enforce(cloud, firewall.id, "apply_firewall", targets, rules))


async def apply_to_resources(request: Request) -> Response:
    """POST /firewalls/{id}/actions/apply_to_resources."""
    cloud = cloud_of(request)
    firewall = _firewall(request)
    targets = tuple(one.target for one in (await parse(request, Apply)).apply_to)
    cloud.firewalls.apply(firewall, targets)
    return many_actions(await _enforce(cloud, firewall.id, "apply_firewall", targets))


async def remove_from_resources(request: Request) -> Response:
    """POST /firewalls/{id}/actions/remove_from_resources."""
    cloud = cloud_of(request)
    firewall = _firewall(request)
    targets = tuple(one.target for one in (await parse(request, Remove)).remove_from)
    cloud.firewalls.remove(firewall, targets)
    return many_actions(await _enforce(cloud, firewall.id, "remove_firewall", targets))


async def _enforce(
    cloud: Cloud,
    number: int,
    command: str,
    targets: tuple[Target, ...],
    rules: tuple[Rule, ...] | None = None,
) -> list[Action]:
    """Start set_firewall_rules where there are rules, and one action for each server."""
    started = []
    first: Action | None = None
    if rules is not None:

        async def write() -> None:
            cloud.firewalls.set_rules(number, rules)

        first = cloud.actions.start(
            "set_firewall_rules", [("firewall", number)], write, locks=False
        )
        started.append(first)
    for server in cloud.firewalls.servers_of(*targets):
        resources = [("firewall", number), ("server", server.id)]
        work = _enforcement(cloud, server.id, first)
        started.append(cloud.actions.start(command, resources, work, locks=False))
    return await cloud.actions.settle(*started)


def _enforcement(
    cloud: Cloud, server_id: int, first: Action | None
) -> Callable[[], Awaitable[None]]:
    async def work() -> None:
        if first is not None:
            await cloud.actions.wait_for(first)
        await cloud.firewalls.enforce(server_id)

    return work


def _firewall(request: Request) -> Firewall:
    return cloud_of(request).firewalls.get(path_id(request))


ROUTES = [
    *routes_for("firewalls", "firewall", lambda request: _firewall(request).id),
    *noun_routes(
        "firewalls",
        list_all,
        get,
        create=create,
        update=update,
        delete=delete,
        actions=(set_rules, apply_to_resources, remove_from_resources),
    ),
]
