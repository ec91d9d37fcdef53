"""A bug report holds no secret, of whatever kind, in whatever file it was planted."""

from __future__ import annotations

import json
import stat
import zipfile
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

import checks
from checks import Report, Result
from checks.verdict import red
from common.errors import OperatorError
from runbook.bug_report import Bundle, Redaction, write
from runbook.bug_report.redaction import BLOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.runbook.conftest import FakePulumi
    from tests.unit.runbook.server import FakeServer

_KIND = "OPENSSH PRIVATE KEY-----"
KEY = f"-----BEGIN {_KIND}\nb3BlbnNzaC1rZXk\nc2VjcmV0LWxpbmU\n-----END {_KIND}"
# By kind: the text as it may stand in a file, and what must not be left of it.
KINDS = {
    "known value": ("x coolify-secret y", "coolify-secret"),
    "known value within a word": ("xcoolify-secrety", "coolify-secret"),
    "config secret": ("said c0nfig/s3cret+", "c0nfig/s3cret+"),
    "config secret in a URL": (f"?q={quote('c0nfig/s3cret+', safe='')}", "s3cret"),
    "config secret in base64": ("YzBuZmlnL3MzY3JldCs=", "YzBuZmlnL3MzY3JldCs"),
    "part of an object": ("jwt is nested-jwt-secret", "nested-jwt-secret"),
    "passphrase of words, wrapped": ("x correct horse\n  battery y", "horse"),
    "short value": ("the pin 4711 it is", "4711"),
    "environment": ("aws says env-access-key", "env-access-key"),
    "password of a known URL": ("pass db-p4ss", "db-p4ss"),
    "unknown URL with a login": ("postgres://u:unknown-pw@h/db", "unknown-pw"),
    "unknown URL with a token": ("redis://:unknown-redis@h", "unknown-redis"),
    "private key": (KEY, "b3BlbnNzaC1rZXk"),
    "private key cut short": (KEY[:60], "b3BlbnNzaC1rZXk"),
    "age identity": ("AGE-SECRET-KEY-1QQQQQQQQ", "QQQQQQQQ"),
    "web token": ("eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl", "eyJzdWIiOi"),
    "bearer": ("Authorization: Bearer abc.def-123", "abc.def-123"),
    "GitHub": ("ghp_abcdefgh1234", "abcdefgh1234"),
    "Supabase": ("sbp_0123456789abcdef", "0123456789abcdef"),
    "Coolify": ("1|AbCdEfGhIjKlMnOpQrStUvWx", "AbCdEfGhIjKl"),
    "Hetzner": ("t " + "aB3" * 21 + "z", "aB3aB3"),
    "AWS": ("AKIAABCDEFGHIJKLMNOP", "ABCDEFGHIJKL"),
    "Slack": ("https://hooks.slack.com/services/T0/B0/xyzzy", "xyzzy"),
    "person": ("mail to ann.lee+x@example.org now", "ann.lee"),
    "by name, JSON": ('{"userPassword": "by-name-1", "n": 1}', "by-name-1"),
    "by name, escaped JSON": (r'"{\"api_key\": \"by-name-2\"}"', "by-name-2"),
    "by name, env file": ("SESSION_SECRET=by-name-3", "by-name-3"),
    "by name, YAML": ("  dbPassword: by-name-4\n", "by-name-4"),
    "by name, query": ("GET /x?access_token=by-name-5&y=1", "by-name-5"),
}
PLANTS = "\n".join(text for text, _ in KINDS.values())
LEFT = [secret for _, secret in KINDS.values()]


@pytest.fixture
def redaction() -> Redaction:
    """What is known of this world."""
    url = "postgres://u:db-p4ss@h/d"
    known = ("coolify-secret", "c0nfig/s3cret+", "nested-jwt-secret", "4711", "env-access-key")
    return Redaction.of((*known, "correct horse battery", url))


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_blotted_out(kind: str, redaction: Redaction) -> None:
    """Also where it is written as part of something else."""
    text, secret = KINDS[kind]
    shown = redaction.apply(f"before {text} after")
    assert secret not in shown
    assert BLOT in shown
    assert shown.startswith("before ")


def test_the_rest_stays(redaction: Redaction) -> None:
    """A report with nothing in it helps nobody; what was blotted out stays so."""
    text = 'GET /meals 200 in 12 ms {"level": "info", "msg": "147110 tokens left"} good-2'
    assert redaction.apply(text) == text
    once = redaction.apply(PLANTS)
    assert redaction.apply(once) == once


@pytest.fixture
def planted(
    server: FakeServer, stack: FakePulumi, outputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A world that has every kind of secret in everything that is collected."""
    config = {
        "nutri:plain": {"value": PLANTS, "secret": False},
        "nutri:one": {"value": "c0nfig/s3cret+", "secret": True},
        "nutri:secrets": {
            "objectValue": {"a": ["nested-jwt-secret", "4711", "correct horse battery"]},
            "secret": True,
        },
        "nutri:databaseUrl": {"value": "postgres://u:db-p4ss@h/d", "secret": True},
    }
    updates = [{"kind": "update", "startTime": "2026-01-02T00:00:00Z", "message": PLANTS}]
    folder = stack.folder
    stack.prints(json.dumps(outputs | {"domain": "nutri.test"}))
    for name, value in (("told", config), ("updates", updates)):
        (folder / name).write_text(json.dumps(value))
    script = folder / "bin" / "pulumi"
    cases = f'*history*) exec cat {folder}/updates;; *"config --json"*) exec cat {folder}/told;;'
    lines = script.read_text().splitlines()
    script.write_text("\n".join([lines[0], f'case "$*" in {cases} esac', *lines[1:]]) + "\n")
    server.application("app-a")
    row = {"Names": PLANTS, "Image": "i", "State": "exited", "Status": PLANTS}
    server.answers["docker ps"] = json.dumps(row)
    server.answers["docker logs"] = "".join(
        f"2026-01-01T00:00:01Z {line}\n" for line in PLANTS.replace("horse\n", "horse").splitlines()
    )
    server.history = json.dumps({"at": "2026-01-01T00:00Z", "who": "a", "what": PLANTS}) + "\n"
    result = Result("health", "D1", "t", "nutri-backend", red(PLANTS, "look"))
    monkeypatch.setattr(checks, "run", lambda *_, **__: Report("prod", (result,)))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "env-access-key")
    monkeypatch.setenv("NUTRI_PLANTED_env-access-key", "x")


@pytest.mark.usefixtures("planted")
def test_no_file_of_a_report_has_any(tmp_path: Path, run: Callable[..., int]) -> None:
    """Logs, containers, checks, history, config, incidents, environment."""
    assert run("incident", "open", PLANTS, "--severity", "P1", "--stack", "prod") == 0
    file = tmp_path / "report.zip"
    assert run("bug-report", "--file", str(file)) == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with zipfile.ZipFile(file) as kept:
        texts = {name: kept.read(name).decode() for name in kept.namelist()}
    plants = {"config", "checks", "history", "containers", "logs", "incidents", "environment"}
    for part in plants:
        (name,) = [one for one in texts if one.startswith(part)]
        assert BLOT in texts[name], name
    for name, text in texts.items():
        assert "could not be had" not in text, (name, text)
        assert not [secret for secret in LEFT if secret in text], name


def test_a_secret_that_is_left_is_not_written(tmp_path: Path) -> None:
    """The last look is one of its own."""

    class Blind(Redaction):
        def apply(self, text: str) -> str:
            return text

    bundle, file = Bundle({"a.txt": "of coolify-secret"}), tmp_path / "r.zip"
    with pytest.raises(OperatorError, match=r"a secret would be in a\.txt: nothing was written"):
        write(bundle, Blind(("coolify-secret",)), file)
    assert not file.exists()


def test_what_cannot_be_had_says_why_and_nothing_is_overwritten(tmp_path: Path) -> None:
    """A dead platform has a report too."""

    def dead() -> str:
        raise OperatorError("SSH timed out, password=hidden")

    bundle, file = Bundle(), tmp_path / "r.zip"
    bundle.add("logs.txt", dead)
    assert write(bundle, Redaction.of(()), file) == ["logs.txt"]
    with zipfile.ZipFile(file) as kept:
        said = kept.read("logs.txt").decode()
    assert said == f"could not be had: SSH timed out, password={BLOT}\n"
    with pytest.raises(OperatorError, match="File exists"):
        write(bundle, Redaction.of(()), file)


@pytest.mark.usefixtures("server")
def test_without_the_config_nobody_knows_what_is_secret(
    stack: FakePulumi, tmp_path: Path, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """So nothing is written."""
    script = stack.folder / "bin" / "pulumi"
    lines = script.read_text().splitlines()
    case = (
        'case "$*" in *"config --json"*) echo "error: passphrase must be set" >&2; exit 255;; esac'
    )
    script.write_text("\n".join([lines[0], case, *lines[1:]]) + "\n")
    assert run("bug-report", "--file", str(tmp_path / "r.zip")) == 2
    assert "needs its passphrase" in capsys.readouterr().err
    assert not (tmp_path / "r.zip").exists()
