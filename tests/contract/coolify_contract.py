"""Holds answers of the double to Coolify's API document and to what the document gets wrong."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

DOCUMENT = Path(__file__).parents[1] / "contracts" / "coolify.openapi.json"

_UNDECLARED = {403, 405, 409, 422, 429, 500}
"""Statuses the document mostly leaves out, each with a message."""
_OTHER_SHAPES: dict[tuple[str, str], dict[str, Any]] = {
    ("get", "/deployments/applications/{uuid}"): {
        "type": "object",
        "required": ["count", "deployments"],
        "properties": {
            "count": {"type": "integer"},
            "deployments": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/ApplicationDeploymentQueue"},
            },
        },
    },
    ("get", "/deployments"): {"type": ["array", "object"]},
    ("post", "/deploy"): {"type": "object"},
    ("get", "/resources"): {"type": "array", "items": {"type": "object"}},
}
_MOVED = {("patch", "/security/keys/{uuid}"): ("patch", "/security/keys")}
"""Operations the document has under another path."""
_MISSING = ("/teams/current", "/disable", "/teams/{id}/members")


@dataclass
class Contract:
    """The document, corrected."""

    document: dict[str, Any] = field(default_factory=lambda: json.loads(DOCUMENT.read_text()))

    def problems(self, method: str, path: str, status: int, payload: object) -> list[str]:
        """What is wrong with one answer; empty when it is as promised."""
        template = self._template(path)
        if template is None:
            return [] if status in {404, 405} else [f"{path} is not in the document"]
        operation = self._operation(method, template)
        if operation is None:
            return [] if status in {404, 405} else [f"{method} {template} is not in the document"]
        said = f"{method.upper()} {path} {status}"
        response = operation["responses"].get(str(status))
        if response is None:
            return self._undeclared(said, status, payload)
        schema = _OTHER_SHAPES.get((method, template)) if status < 300 else None
        schema = schema or self._schema(response)
        return [] if schema is None else self._violations(said, schema, payload)

    def documented(self, name: str) -> set[str]:
        """Properties of a schema."""
        return set(self.document["components"]["schemas"][name]["properties"])

    def _undeclared(self, said: str, status: int, payload: object) -> list[str]:
        if status not in _UNDECLARED | {400, 404}:
            return [f"{said}: the document has no such status"]
        good = isinstance(payload, dict) and isinstance(payload.get("message"), str)
        return [] if good else [f"{said}: no message in {payload!r}"]

    def _operation(self, method: str, template: str) -> dict[str, Any] | None:
        method, template = _MOVED.get((method, template), (method, template))
        if template in _MISSING:
            return {"responses": {"200": {}}}
        operation: dict[str, Any] | None = self.document["paths"][template].get(method)
        return operation

    def _template(self, path: str) -> str | None:
        plain = path.partition("?")[0]
        known: list[str] = [*self.document["paths"], *_MISSING]
        templates = sorted(known, key=lambda one: one.count("{"))
        for template in templates:
            if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), plain):
                return template
        return None

    def _schema(self, response: dict[str, Any]) -> dict[str, Any] | None:
        while "$ref" in response:
            name = response["$ref"].rpartition("/")[2]
            response = self.document["components"]["responses"][name]
        for media in response.get("content", {}).values():
            schema: dict[str, Any] | None = media.get("schema")
            return schema
        return None

    def _violations(self, said: str, schema: dict[str, Any], payload: object) -> list[str]:
        whole = _nullable({**schema, "components": self.document["components"]})
        errors = Draft202012Validator(whole).iter_errors(payload)
        return [f"{said}: {error.json_path}: {error.message}" for error in errors]


def _nullable(node: Any) -> Any:  # noqa: ANN401 - JSON
    """Allow null for every property: the document marks few of those that are.

    Values of `errors` may be bare strings: hand-made ones are.
    """
    if isinstance(node, list):
        return [_nullable(item) for item in node]
    if not isinstance(node, dict):
        return node
    properties = node.get("properties")
    changed = {key: _nullable(value) for key, value in node.items() if key != "properties"}
    if isinstance(properties, dict):
        changed["properties"] = {
            name: {"anyOf": [_nullable(schema), {"type": "null"}]}
            for name, schema in properties.items()
            if name not in {"errors", "build_pack"}
        }
    return changed
