"""Gets certificates for hosts and keeps them in Traefik's file."""

from __future__ import annotations

import base64
import json
import logging
import os
import re
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

_log = logging.getLogger(__name__)
_RESOLVER = "letsencrypt"
_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*")
_SECONDS = 10
_RENEW_BEFORE = 30 * 86400
_RETRY_SECONDS = 15.0
_CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class CertificateError(Exception):
    """No certificate was to be had; the text says why."""


@dataclass
class Certificates:
    """The store, and the folder HAProxy reads the certificates from."""

    store: Path
    folder: Path
    authority: str
    """URL a certificate request is posted to."""
    _failed: dict[str, float] = field(default_factory=dict)

    def prepare(self) -> None:
        """Lay out what is stored, and a self-signed certificate for everyone else."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        default = self.folder / "default.pem"
        if not default.exists():
            key, certificate = self_signed("localcloud default certificate")
            _write(default, certificate + key)
        for host, pem in self._stored().items():
            _write(self._path(host), pem)

    def ensure(self, hosts: Iterable[str]) -> bool:
        """Get what is missing or about to expire; whether anything is new.

        A host that failed is tried again after a while, the others go on meanwhile.
        """
        wanted = [host.lower() for host in hosts]
        new = [self._ensure_one(host) for host in wanted]
        return any(new)

    def _ensure_one(self, host: str) -> bool:
        if not _HOST.fullmatch(host) or _valid(self._path(host)):
            return False
        if time.monotonic() < self._failed.get(host, 0):
            return False
        try:
            key, certificate = self._sign(host)
        except CertificateError as error:
            self._failed[host] = time.monotonic() + _RETRY_SECONDS
            _log.error("no certificate for %s: %s", host, error)
            return False
        self._keep(host, key, certificate)
        _write(self._path(host), certificate + key)
        _log.info("certificate for %s", host)
        return True

    def _sign(self, host: str) -> tuple[str, str]:
        key, request = _openssl_request(host, ())
        # The address is the double's own or the operator's, never a caller's.
        call = urllib.request.Request(self.authority, request.encode(), method="POST")  # noqa: S310
        try:
            with urllib.request.urlopen(call, timeout=_SECONDS) as answer:  # noqa: S310
                return key, answer.read().decode()
        except (urllib.error.URLError, OSError) as error:
            raise CertificateError(f"{self.authority}: {error}") from None

    def _stored(self) -> dict[str, str]:
        entries = self._read().get(_RESOLVER, {}).get("Certificates") or []
        return {
            entry["domain"]["main"]: _decoded(entry["certificate"]) + _decoded(entry["key"])
            for entry in entries
        }

    def _keep(self, host: str, key: str, certificate: str) -> None:
        content = self._read()
        resolver = content.setdefault(_RESOLVER, {"Account": None, "Certificates": []})
        others = [e for e in resolver["Certificates"] or [] if e["domain"]["main"] != host]
        entry = {
            "domain": {"main": host},
            "certificate": base64.b64encode(certificate.encode()).decode(),
            "key": base64.b64encode(key.encode()).decode(),
            "Store": "default",
        }
        resolver["Certificates"] = [*others, entry]
        _write(self.store, json.dumps(content, indent=2))

    def _read(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self.store.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return {}
        except ValueError as error:
            _log.error("%s is damaged, starting anew: %s", self.store, error)
            return {}

    def _path(self, host: str) -> Path:
        return self.folder / f"{host}.pem"


def self_signed(name: str) -> tuple[str, str]:
    """A key and a certificate nobody vouches for."""
    return _openssl_request(name, ("-x509", "-days", "3650"))


def _openssl_request(name: str, extra: tuple[str, ...]) -> tuple[str, str]:
    """A fresh key, and what it asks for or says of itself."""
    with tempfile.TemporaryDirectory() as folder:
        key, out = Path(folder, "key"), Path(folder, "out")
        names = () if extra else ("-addext", f"subjectAltName=DNS:{name}")
        command = ["openssl", "req", "-new", *extra, *_CURVE, "-subj", f"/CN={name}", *names]
        result = subprocess.run(
            [*command, "-keyout", str(key), "-out", str(out)],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        if result.returncode != 0:
            raise CertificateError(result.stderr.strip())
        return key.read_text(), out.read_text()


def _valid(path: Path) -> bool:
    if not path.exists():
        return False
    check = ["openssl", "x509", "-checkend", str(_RENEW_BEFORE), "-noout", "-in", str(path)]
    return subprocess.run(check, capture_output=True, timeout=_SECONDS, check=False).returncode == 0


def _write(path: Path, text: str) -> None:
    scratch = path.with_name(f".{path.name}.new")
    scratch.unlink(missing_ok=True)
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    scratch.replace(path)


def _decoded(text: str) -> str:
    return base64.b64decode(text).decode()
