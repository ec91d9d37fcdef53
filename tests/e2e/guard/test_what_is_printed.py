"""What a refusal prints is run as printed, and lifts it."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.e2e.guard.conftest import Lab, keep, resource, server

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.guard.conftest import Resources

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]
_AGREE = re.compile(r"pulumi config set --path 'nutri:acknowledge\[\d+\]' \S+")
_MOST = 4  # refusals, one after another, of one change


def _resources(**changes: object) -> Resources:
    """A server, an address that may go, a network with a subnet."""
    return [
        server("web", **changes),
        resource("PrimaryIp", "address", name="address", type="ipv4", location="fsn1"),
    ]


def _address(resources: Resources, **changes: object) -> Resources:
    return [resources[0], {**resources[1], "args": {**resources[1]["args"], **changes}}]


@pytest.fixture(scope="module")
def lab(make_lab: Callable[[], Lab]) -> Lab:
    """A stack with a server and an address, protected as by default."""
    made = make_lab()
    made.protect = True
    assert made.up(_address(_resources(), auto_delete=False)) == 0, made.said
    keep(made, "web")
    return made


def _run_what_is_printed(lab: Lab) -> None:
    """As printed; the tests' own config file takes over what is written."""
    printed = list(dict.fromkeys(_AGREE.findall(lab.said)))
    assert printed, lab.said
    for command in printed:
        assert lab.run(*shlex.split(command)) == 0, lab.said
    written: dict[str, Any] = yaml.safe_load((lab.folder / "Pulumi.lab.yaml").read_text())
    lab.acknowledge = list(written["config"]["nutri:acknowledge"])


def _lifted(lab: Lab, wanted: Resources) -> list[str]:
    """Have a change done, agreeing to whatever it is refused for; what was agreed to."""
    lab.acknowledge = []
    for _ in range(_MOST):
        if lab.up(wanted) == 0:
            break
        _run_what_is_printed(lab)
    else:
        pytest.fail(lab.said)
    agreed, lab.acknowledge = lab.acknowledge, []
    return agreed


@pytest.mark.parametrize(
    ("wanted", "entries"),
    [
        (_address(_resources(), auto_delete=True), ["address:autoDelete"]),
        (_resources(server_type="cx43"), ["web:resize-to-cx43"]),
        (_resources(server_type="cx43", backups=False), ["web:backups"]),
        (_resources(server_type="cx43", backups=False, image="docker-ce"), ["web:delete"]),
        (_resources()[1:], ["web:delete"]),
    ],
)
def test_a_refusal_ends_with_what_it_prints(
    lab: Lab, wanted: Resources, entries: list[str]
) -> None:
    """Each command as it is printed; then the change is done, and nothing else was agreed to."""
    assert _lifted(lab, wanted) == entries


def test_a_passphrase_is_changed(make_lab: Callable[[], Lab]) -> None:
    """By the command that a weak one is refused with: the new one opens the config, not the old."""
    lab = make_lab()
    lab.write([])
    assert lab.run("pulumi", "config", "set", "--secret", "nutri:word", "kept") == 0, lab.said
    new = "a-long-passphrase-that-nobody-guesses"
    command = "pulumi stack change-secrets-provider passphrase"
    assert lab.run(*shlex.split(command), stdin=f"{new}\n{new}\n") == 0, lab.said
    assert lab.run("pulumi", "config", "get", "nutri:word") != 0
    lab.environment["PULUMI_CONFIG_PASSPHRASE"] = new
    assert lab.run("pulumi", "config", "get", "nutri:word") == 0, lab.said
    assert lab.said.strip() == "kept"
