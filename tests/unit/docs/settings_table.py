"""The page of all settings; run as a program it writes docs/settings.md."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic.alias_generators import to_camel

from config.expectations import StackBudgets
from config.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
FILE = ROOT / "docs" / "settings.md"
_HEAD = """# Every setting

`pulumi config set nutri:tier medium` sets one, with `--secret` one that nobody should read.
`Pulumi.prod.yaml` is production, `Pulumi.local.yaml` the local double, a stack of your own a file
of the same shape.
Without a default the stack has to set it where it is needed; whatever is missing or wrong is told
before anything is touched, all mistakes at once. This page is generated from `Pulumi.yaml`:
`python -m tests.unit.docs.settings_table`.

| setting | type | default | what |
|---|---|---|---|
"""
SECRETS = {
    "hcloud:token": "Read-write token of the Hetzner project; HCLOUD_TOKEN does as well.",
    "nutri:registryPassword": "Password of `nutri:registryUsername` at `nutri:registryServer`.",
    "nutri:databaseUrl": "Supabase's pooled URL, on port 6543; each service has it in its form.",
    "nutri:databaseDirectUrl": "Supabase's direct URL, on port 5432, for migrations and dumps.",
    "nutri:redisUrl": "URL of Redis, with its password: `rediss://default:PASSWORD@HOST:6379`.",
    "nutri:secrets": "Secret variables by service: `nutri:secrets.nutri-backend.JWT_SECRET`.",
    "nutri:supabaseToken": "Access token of Supabase's management API.",
    "nutri:resticPassword": "Password of the dumps' repository; without it no dump can be read.",
    "nutri:dumpSshKey": "Private key of the SFTP login in `nutri:dumpRepository`.",
    "nutri:dumpKeyId": "Id of the key of the bucket in `nutri:dumpRepository`.",
    "nutri:dumpKeySecret": "That key.",
    "nutri:rotating": "What `runbook rotate` is changing just now; it sets it, and takes it out.",
    "nutri:formerSshKeys": "Keys of before, as `runbook rotate ssh-key` keeps them for old disks.",
    "nutri:notifyUrls": "Whom `runbook` tells, as Apprise URLs; NUTRI_NOTIFY_URLS does as well.",
}


@cache
def declared() -> dict[str, dict[str, Any]]:
    """The settings that Pulumi.yaml declares."""
    return dict(yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"])


def secrets() -> list[str]:
    """Those that Pulumi.yaml cannot declare, since a secret has no default."""
    names = [f"nutri:{to_camel(name)}" for name in Settings.model_fields]
    own = [one for one in names if one not in declared() and not one.startswith("nutri:hcloud")]
    return ["hcloud:token", *own, "nutri:formerSshKeys", "nutri:notifyUrls"]


def text() -> str:
    """The whole page."""
    return _HEAD + "".join(_rows())


def _rows() -> Iterator[str]:
    for name in secrets():
        yield f"| `{name}` | secret | | {SECRETS.get(name, '')} |\n"
    for name, one in declared().items():
        default = one.get("default", "")
        shown = f"`{json.dumps(default)}`".replace('"', "") if default != "" else ""
        what = " ".join(str(one.get("description", "")).split()).replace("|", "\\|")
        yield f"| `{name}` | {one.get('type', '')} | {shown} | {what} |\n"
        if name == "nutri:expectations":
            yield from _budgets()


def _budgets() -> Iterator[str]:
    properties = StackBudgets.model_json_schema()["properties"]
    for name, one in properties.items():
        least = one.get("minimum", one.get("exclusiveMinimum"))
        bounds = f"{'above ' * ('exclusiveMinimum' in one)}{least:g} to {one['maximum']:g}"
        what = f"{one['description']} From {bounds}." if "above" not in bounds else ""
        what = what or f"{one['description']} {bounds[0].upper()}{bounds[1:]}."
        yield f"| `nutri:expectations.{name}` | {one['type']} | `{one['default']:g}` | {what} |\n"


if __name__ == "__main__":
    FILE.write_text(text())
