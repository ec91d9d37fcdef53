"""Holds requests that were really sent to a vendor's API document, unknown fields included."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_FOLDER = Path(__file__).parents[1] / "contracts"
JSON = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    """Below the API's prefix, without the query."""
    query: str = ""
    body: Any = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Document:
    """A vendor's document, with corrections where the vendor's code is known to differ."""

    content: JSON
    moved: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    """Operations it has under another path."""
    missing: frozenset[tuple[str, str]] = frozenset()
    """Operations it does not have, and the vendor does."""
    more_fields: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    """Fields of bodies, and parameters, it leaves out."""
    fewer_required: frozenset[str] = frozenset()
    """Fields it calls required, and the vendor does not."""

    ids_for_names: frozenset[str] = frozenset()
    """Fields it has as names, for which a number is as good."""

    def problems(self, asked: Iterable[Asked]) -> list[str]:
        """What is not as the document has it, each once."""
        return sorted({text for one in asked for text in self._of(one)})

    def _of(self, one: Asked) -> list[str]:
        method = one.method.lower()
        template = self._template(method, one.path)
        if template is None:
            return [f"{one}: no such path"]
        if (method, template) in self.missing:
            return []
        known = self.content["paths"]
        where = self.moved.get((method, template), (method, template))
        operation = known.get(where[1], {}).get(where[0])
        if operation is None:
            return [f"{one.method} {template}: no such operation"]
        shared = known[where[1]].get("parameters", [])
        place = f"{one.method} {template}"
        return [
            *self._queries(
                place,
                one,
                [*shared, *operation.get("parameters", [])],
                self.more_fields.get((method, template), frozenset()),
            ),
            *self._body(place, one, operation, (method, template)),
        ]

    def _template(self, method: str, path: str) -> str | None:
        moved = [template for _, template in (*self.moved, *self.missing)]
        templates = sorted({*self.content["paths"], *moved}, key=lambda text: text.count("{"))
        fits = [
            template
            for template in templates
            if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path)
        ]
        exact = [one for one in fits if method in self.content["paths"].get(one, {})]
        return next(iter([*exact, *fits]), None)

    def _queries(
        self, place: str, one: Asked, parameters: list[JSON], more: frozenset[str]
    ) -> list[str]:
        resolved = [self._resolved(parameter) for parameter in parameters]
        names = more | {found["name"] for found in resolved if found["in"] == "query"}
        sent = parse_qs(one.query, keep_blank_values=True)
        return [f"{place}: no parameter {name!r}" for name in sent if name not in names]

    def _body(self, place: str, one: Asked, operation: JSON, key: tuple[str, str]) -> list[str]:
        if not one.body:
            return []
        wanted = self._resolved(operation.get("requestBody", {}))
        media = next(iter(wanted.get("content", {}).values()), None)
        if media is None:
            # Coolify takes the parameters of an action from query or body.
            named = {self._resolved(p)["name"] for p in operation.get("parameters", [])}
            unknown = set(one.body) - named - self.more_fields.get(key, frozenset())
            return [f"{place}: takes no body, got {sorted(unknown)}"] if unknown else []
        body = {
            name: self._named(name, value)
            for name, value in one.body.items()
            if name not in self.more_fields.get(key, frozenset())
        }
        schema = self._closed({"allOf": [media["schema"]]})
        whole = {**schema, "components": self.content["components"]}
        errors = Draft202012Validator(whole).iter_errors(body)
        return [f"{place}: {error.json_path}: {error.message}" for error in errors]

    def _named(self, name: str, value: Any) -> Any:  # noqa: ANN401 - JSON
        if name not in self.ids_for_names:
            return value
        return [str(one) for one in value] if isinstance(value, list) else str(value)

    def _resolved(self, node: JSON) -> JSON:
        while "$ref" in node:
            found: Any = self.content
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            node = found
        return node

    def _merged(self, node: JSON) -> JSON:
        """One object of all that has to hold together: closed apart, each refuses the others'."""
        merged: JSON = {key: value for key, value in node.items() if key != "allOf"}
        for part in node["allOf"]:
            one = self._resolved(part)
            one = self._merged(one) if "allOf" in one else one
            names = {**merged.get("properties", {}), **one.get("properties", {})}
            required = [*merged.get("required", []), *one.get("required", [])]
            merged = {**merged, **one}
            if names:
                merged["properties"] = names
            merged["required"] = required
        return merged

    def _closed(self, node: Any) -> Any:  # noqa: ANN401 - JSON
        """Let objects hold what they name alone, and null where a field may be left out."""
        if isinstance(node, list):
            return [self._closed(one) for one in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return self._closed(self._resolved(node))
        if "allOf" in node:
            return self._closed(self._merged(node))
        closed = {key: self._closed(value) for key, value in node.items() if key != "nullable"}
        required = [one for one in node.get("required", []) if one not in self.fewer_required]
        if isinstance(node.get("required"), list):
            closed["required"] = required
        properties = closed.get("properties")
        if isinstance(properties, dict) and properties:
            closed.setdefault("additionalProperties", False)
            closed["properties"] = {
                name: schema if name in required else {"anyOf": [schema, {"type": "null"}]}
                for name, schema in properties.items()
            }
        return closed


def hetzner() -> Document:
    """Hetzner's; clients send ids where it speaks of names, and leave out what is false."""
    return Document(
        json.loads((_FOLDER / "hetzner.openapi.json").read_text()),
        # Clients ask for the pages of what they poll, though there is one alone.
        more_fields={("get", "/actions"): frozenset({"page", "per_page", "sort", "status"})},
        fewer_required=frozenset({"proxyprotocol"}),
        ids_for_names=frozenset({"image", "ssh_keys"}),
    )


_APPLICATION = frozenset({"custom_network_aliases", "health_check_type", "health_check_command"})
_FLAGS = {"is_runtime": "boolean", "is_buildtime": "boolean", "comment": "string"}


def coolify() -> Document:
    """Coolify's, with what its code has and the document does not."""
    content = json.loads((_FOLDER / "coolify.openapi.json").read_text())
    bulk = content["paths"]["/applications/{uuid}/envs/bulk"]["patch"]["requestBody"]["content"]
    items = bulk["application/json"]["schema"]["properties"]["data"]["items"]
    items["properties"] |= {name: {"type": kind} for name, kind in _FLAGS.items()}
    return Document(
        content,
        moved={("patch", "/security/keys/{uuid}"): ("patch", "/security/keys")},
        more_fields={
            ("post", "/applications/dockerimage"): _APPLICATION,
            ("patch", "/applications/{uuid}"): _APPLICATION,
            ("delete", "/servers/{uuid}"): frozenset({"force"}),
        },
        fewer_required=frozenset({"environment_uuid"}),
    )
