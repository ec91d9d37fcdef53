"""What stands in a recording for what must not be in it: secrets, ids, addresses, names.

`<server:2>` is the second server of the recording, `<ip:1>` its first address, `<secret>` what
nobody should read. The same thing has the same word throughout, so that a replay can follow it.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET, TIME = "<secret>", "<time>"
WORD = re.compile(r"<(?P<kind>[a-z_]+)(:(?P<number>\d+))?>")
_SECRETS = re.compile(r"(password|token|secret|private_key|user_data|certificate|db_pass|.*_key)")
_NO_SECRETS = frozenset({"public_key", "ssh_key", "certificate_id"})
_PLAIN = frozenset({"type", "count", "total_entries", "labels", "id"})
_KEY = re.compile(r"(ssh|ecdsa|sk)-\S+ AAAA")
_USER = re.compile(r"\bu\d{5,}\b")
_REVERSE = re.compile(r"static\.\S+\.clients\.your-server\.de")
_TIMES = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*")
_IPV4 = re.compile(r"(?<![\d.])(\d{1,3}\.){3}\d{1,3}(?![\d.])")
_IPV6 = re.compile(r"(?<![\w:])([0-9a-f]{1,4}:|:)[0-9a-f:]*:[0-9a-f:]*(?![\w:])", re.IGNORECASE)
_PRIVATE = [ipaddress.ip_network(one) for one in ("10.0.0.0/8", "172.16.0.0/12", "0.0.0.0/32")]
_REFERENCES = {
    "assignee_id": "server",
    "bound_to": "server",
    "certificates": "certificate",
    "firewall": "firewall",
    "firewalls": "firewall",
    "image": "image",
    "ipv4": "primary_ip",
    "ipv6": "primary_ip",
    "load_balancer": "load_balancer",
    "load_balancers": "load_balancer",
    "network": "network",
    "networks": "network",
    "placement_group": "placement_group",
    "resource": "resource",
    "server": "server",
    "servers": "server",
    "ssh_keys": "ssh_key",
    "volume": "volume",
    "volumes": "volume",
    "zone": "zone",
}
_SAME = {
    "created_from": "server",
    "ipv4": "primary_ip",
    "ipv6": "primary_ip",
    "next_actions": "action",
}


def singular(noun: str) -> str:
    """Return the name of one of a noun's things."""
    return _SAME.get(noun) or (noun[:-2] if noun.endswith("xes") else noun.removesuffix("s"))


class Words:
    """Replaces, and remembers what it replaced."""

    def __init__(self, names: Mapping[str, str]) -> None:
        """`names` are texts that are the run's own, and the word for each."""
        self._names = dict(sorted(names.items(), key=lambda pair: -len(pair[0])))
        self._known: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}

    def exchange(
        self,
        path: str,
        query: Mapping[str, list[str]],
        request: Any,  # noqa: ANN401 - JSON
        response: Any,  # noqa: ANN401 - JSON
    ) -> dict[str, Any]:
        """Return an exchange with words in it."""
        return {
            "path": self._path(path),
            "query": {
                key: [self._asked(path, key, one) for one in of] for key, of in query.items()
            },
            "request": self.value(request),
            "response": self.value(response),
        }

    def value(self, value: Any, key: str = "", noun: str = "") -> Any:  # noqa: ANN401 - JSON
        """Return JSON with words in it; `key` is where it stands, `noun` what it is part of."""
        if isinstance(value, dict):
            kind = singular(key) if key else noun
            if "id" in value and "type" in value and key in {"resource", "resources"}:
                kind = str(value["type"])
            return {self._text("", one): self.value(of, one, kind) for one, of in value.items()}
        if isinstance(value, list):
            return [self.value(one, key, noun) for one in value]
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int):
            return self._number(value, key, noun)
        return self._text(key, value) if isinstance(value, str) else value

    def _number(self, value: int, key: str, noun: str) -> int | str:
        if key == "id" and noun:
            return self._word(noun, str(value))
        kind = _REFERENCES.get(key)
        return self._word(kind, str(value)) if kind else value

    def _asked(self, path: str, key: str, text: str) -> str:
        if key == "id" and text.isdigit():
            return self._word(singular(path.rpartition("/")[2]), text)
        return self._text(key, text)

    def _path(self, path: str) -> str:
        noun, made = "", []
        for part in path.split("/"):
            made.append(
                self._word(singular(noun), part) if part.isdigit() else self._text("", part)
            )
            noun = part
        return "/".join(made)

    def _text(self, key: str, text: str) -> str:
        if _SECRETS.fullmatch(key) and key not in _NO_SECRETS and text:
            return SECRET
        if key == "fingerprint":
            return self._word(key, text)
        if _KEY.match(text):
            return self._word("public_key", text)
        for name, word in self._names.items():
            text = text.replace(name, word)
        text = _USER.sub(lambda found: self._word("username", found.group()), text)
        text = _REVERSE.sub("<reverse>", text)
        return _TIMES.sub(TIME, _IPV6.sub(self._address, _IPV4.sub(self._address, text)))

    def _address(self, found: re.Match[str]) -> str:
        text = found.group()
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return text
        if text == "::" or any(address in network for network in _PRIVATE):
            return text
        return self._word(f"ipv{address.version}_address", text)

    def _word(self, kind: str, value: str) -> str:
        if (kind, value) not in self._known:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._known[kind, value] = f"<{kind}:{self._counts[kind]}>"
        return self._known[kind, value]
