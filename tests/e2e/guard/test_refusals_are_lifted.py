"""What a refusal of the configuration names is typed as printed, and the refusal is gone.

One mistake that names no command stays to the end, so that nothing is ever planned.
"""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from localcloud.settings import DEMO_TOKEN
from tests.contract.hetzner_double import RunningDouble
from tests.e2e.conftest import Cloud, Stack, empty_stack
from tests.e2e.mutants.remedies import commands
from tests.e2e.mutants.running import typed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.contract.hetzner_double import HetznerDouble

pytestmark = [pytest.mark.engine, pytest.mark.timeout(400)]
_BACKEND = "nutri:services.nutri-backend"
_ML = "nutri:services.nutri-ml-service"
_MOVED = (
    f"pulumi config set --path --type string '{_BACKEND}.tag' good-1"
    " && pulumi config rm nutri:backendTag"
)
_OWN_VALUE = {
    "pulumi config set --secret hcloud:token": DEMO_TOKEN,
    "pulumi config set --secret nutri:registryPassword": "localcloud-ghcr-password",
    "pulumi config set --secret nutri:resticPassword": "a-word-for-restic-of-some-length",
    "pulumi config set --secret nutri:databaseDirectUrl": "postgresql://a:b@c.test:5432/postgres",
}
"""Commands that ask for a value, and what is typed then."""
_COMPLETED = {
    "pulumi config set nutri:domain ...": "pulumi config set nutri:domain nutri.test",
    f"pulumi config set --path --type string '{_ML}.tag' ...": (
        f"pulumi config set --path --type string '{_ML}.tag' good-1"
    ),
    "pulumi config set --path --type string": (
        f"pulumi config set --path --type string '{_BACKEND}.variables.BUILD' 0123456"
    ),
    "pulumi config set --secret --path 'nutri:secrets.SERVICE.NAME'": (
        "pulumi config set --secret --path 'nutri:secrets.nutri-backend.WORD' hidden"
        f" && pulumi config rm --path '{_BACKEND}.variables.WORD'"
    ),
    "pulumi config set --secret --path": (
        "pulumi config set --secret --path 'nutri:secrets.nutri-backend.JWT_SECRET' "
        "localcloud-jwt-secret-of-32-characters-or-more"
    ),
}
"""Commands that are printed with a gap, and how a person fills it in."""


@pytest.fixture(scope="module")
def double() -> Iterator[HetznerDouble]:
    """The API, without machines behind it."""
    with RunningDouble() as running:
        yield running


@pytest.fixture
def stack(
    double: HetznerDouble,
    cloud_environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Stack:
    """An empty stack of the project's own program, before its first update."""
    port = int(re.findall(r":(\d+)", double.endpoint)[-1])
    lane: Any = SimpleNamespace(port=port, dns_port=port)
    home = tmp_path_factory.mktemp("home")
    (home / "ca.crt").touch()
    without = {k: v for k, v in cloud_environment.items() if k != "HCLOUD_TOKEN"}
    return empty_stack(Cloud(home, lane, without), tmp_path_factory.mktemp("refused"))


def _refused(stack: Stack) -> list[str]:
    """Return the lines that a preview refuses the configuration with."""
    done = stack.pulumi("preview", "--non-interactive")
    assert done.returncode != 0, stack.last
    assert "nothing was touched" in stack.last, stack.last
    return [line.strip() for line in stack.last.splitlines() if line.strip().startswith("- ")]


def _typed(stack: Stack, command: str) -> None:
    for one in _COMPLETED.get(command, command).split(" && "):
        code, said = typed(one, stack, _OWN_VALUE.get(command, "y"))
        assert code == 0, f"{one}\n{said}"


def _missing(stack: Stack) -> None:
    for key in ("hcloud:token", "nutri:registryPassword", "nutri:databaseDirectUrl"):
        del stack.secrets[key]
    stack.config |= {"nutri:domain": "", "nutri:dumps": True}
    stack.change("nutri-ml-service", tag=None)


def _spelt_wrong(stack: Stack) -> None:
    stack.config["nutri:backendTag"] = "good-1"
    stack.change("nutri-backend", variables={"BUILD": 123456})
    del stack.secrets["nutri:secrets"]
    stack.config["nutri:secrets"] = {"nutri-backend": {"JWT_SECRET": "plain"}}


def _a_secret_among_what_is_shown(stack: Stack) -> None:
    _typed(stack, f"pulumi config set --secret --path '{_BACKEND}.variables.WORD' hidden")


_WORLDS: Mapping[str, tuple[Callable[[Stack], None], set[str]]] = {
    "missing": (
        _missing,
        {
            *_OWN_VALUE,
            "pulumi config set nutri:domain ...",
            f"pulumi config set --path --type string '{_ML}.tag' ...",
        },
    ),
    "spelt wrong": (
        _spelt_wrong,
        {
            _MOVED,
            "pulumi config set --path --type string",
            "pulumi config set --secret --path",
        },
    ),
    "a secret": (
        _a_secret_among_what_is_shown,
        {"pulumi config set --secret --path 'nutri:secrets.SERVICE.NAME'"},
    ),
}


@pytest.mark.parametrize(
    "world",
    [
        "missing",
        *(pytest.param(one, marks=pytest.mark.long) for one in _WORLDS if one != "missing"),
    ],
)
def test_a_mistake_of_the_configuration_is_gone(stack: Stack, world: str) -> None:
    """Each command as it is printed; then that mistake alone is left which names none."""
    stack.config["nutri:liveLatencyMs"] = -1
    stack.change("nutri-backend")
    spoil, wanted = _WORLDS[world]
    spoil(stack)
    lines = _refused(stack)
    printed = {command for line in lines for command in commands(line)}
    assert printed == wanted, lines
    for command in sorted(printed):
        _typed(stack, command)
    left = _refused(stack)
    assert len(left) == 1, left
    assert "nutri:liveLatencyMs" in left[0]


@pytest.mark.long
def test_what_stands_in_hetzners_project_is_let_be(stack: Stack, double: HetznerDouble) -> None:
    """A type that costs more, a zone that leads elsewhere: agreed to."""
    everywhere = [one["name"] for one in double.get("/locations")["locations"]]
    double.turn("PATCH", "/knobs", {"sold_out": {"cx33": everywhere}})
    record = {"name": "api", "type": "A", "records": [{"value": "192.0.2.7"}]}
    _zone(double, mode="primary", rrsets=[record])
    stack.change("nutri-backend")
    _lift(stack, "pulumi config set tier cpx32")
    _lift(stack, "pulumi config set takeOverDns true")
    # What is left is the database's project, which is not in this cloud.
    assert [commands(line) for line in _refused(stack)] == [[]]


def _zone(double: HetznerDouble, **more: object) -> None:
    double.post("/zones", {"name": "nutri.test", **more}).raise_for_status()


def _lift(stack: Stack, command: str) -> None:
    """Type a command that a preview names."""
    lines = _refused(stack)
    assert command in [one for line in lines for one in commands(line)], lines
    _typed(stack, command)
