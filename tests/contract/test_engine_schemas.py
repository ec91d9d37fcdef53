"""The plugins speak of the same things, under the same names, as the installed Python packages."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
from copy import deepcopy
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi._types as sdk_types
import pulumi_command
import pulumi_hcloud
import pytest

from tools import engine
from tools.engine.versions import PLUGINS

if TYPE_CHECKING:
    from types import ModuleType

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120, func_only=True)]

BIN_DIR = Path(sys.executable).parent
PACKAGES = {"hcloud": pulumi_hcloud, "command": pulumi_command}

Names = dict[str, set[str]]


def schema_of(name: str, folder: Path) -> dict[str, Any]:
    """What the installed plugin says of itself."""
    engine.ensure(BIN_DIR)
    done = subprocess.run(
        ["pulumi", "package", "get-schema", f"{name}@{PLUGINS[name]}"],
        env=os.environ | engine.environment(BIN_DIR),
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="module", params=PACKAGES)
def pair(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], ModuleType]:
    """A plugin's schema and the Python package made for it."""
    return schema_of(request.param, tmp_path_factory.mktemp("empty")), PACKAGES[request.param]


def registered(package: ModuleType) -> dict[str, type]:
    """The package's resource classes by their type tokens."""
    text = re.search(r'resource_modules="""(.*?)"""', inspect.getsource(package), re.DOTALL)
    assert text is not None
    return {
        token: getattr(import_module(module["fqn"]), name)
        for module in json.loads(text[1])
        for token, name in module["classes"].items()
    }


def arguments(resource: type) -> set[str]:
    """The names of a resource's inputs, as the engine gets them."""
    module, name = vars(sys.modules[resource.__module__]), resource.__name__
    args = module.get(f"{name}Args") or module[f"{name}InitArgs"]  # the latter on a name clash
    return set(sdk_types.input_type_py_to_pulumi_names(args).values())


def of_package(package: ModuleType) -> Names:
    """Every input and output of every resource of the Python package."""
    inputs = {f"{token} input": arguments(cls) for token, cls in registered(package).items()}
    outputs = {
        f"{token} output": set(sdk_types.resource_types(cls))
        for token, cls in registered(package).items()
    }
    return inputs | outputs


def of_schema(schema: dict[str, Any]) -> Names:
    """Every input and output of every resource of the schema."""
    resources = schema["resources"].items()
    inputs = {f"{token} input": set(each["inputProperties"]) for token, each in resources}
    return inputs | {f"{token} output": set(each["properties"]) for token, each in resources}


def nested_of_schema(schema: dict[str, Any]) -> Names:
    """The properties of every object type that a resource's output has in it."""
    found: Names = {}
    waiting = [each["properties"] for each in schema["resources"].values()]
    while waiting:
        for reference in re.findall(r'"#/types/([^"]+)"', json.dumps(waiting.pop())):
            each = schema["types"][reference]
            if reference not in found and "properties" in each:
                found[reference] = set(each["properties"])
                waiting.append(each["properties"])
    return found


def nested_of_package(package: ModuleType, tokens: Names) -> Names:
    """The properties of the Python package's classes for these object types."""
    found = {}
    for token in tokens:
        module = token.split(":")[1].split("/")[0].removeprefix("index")
        outputs = import_module(".".join(filter(None, [package.__name__, module, "outputs"])))
        cls = getattr(outputs, token.rsplit(":", 1)[1])
        found[token] = set(sdk_types.output_type_types(cls))
    return found


def differences(ours: Names, theirs: Names) -> list[str]:
    """One line for each name that only one side has."""
    lines = [f"only one side has {token}" for token in ours.keys() ^ theirs.keys()]
    for token in ours.keys() & theirs.keys():
        lines += [f"{token}: the plugin lacks {name}" for name in theirs[token] - ours[token]]
        lines += [f"{token}: the package lacks {name}" for name in ours[token] - theirs[token]]
    return sorted(lines)


def test_versions(pair: tuple[dict[str, Any], ModuleType]) -> None:
    """The plugin has the version that the Python package asks the engine for."""
    schema, package = pair
    asked = json.loads((Path(str(package.__file__)).with_name("pulumi-plugin.json")).read_text())
    assert (schema["name"], schema["version"]) == (asked["name"], asked["version"])
    assert PLUGINS[asked["name"]] == asked["version"]


def test_resources(pair: tuple[dict[str, Any], ModuleType]) -> None:
    """Every resource has the same inputs and outputs on both sides, and neither has more."""
    schema, package = pair
    assert len(schema["resources"]) == {"hcloud": 29, "command": 4}[schema["name"]]
    assert differences(of_schema(schema), of_package(package)) == []


def test_nested_types(pair: tuple[dict[str, Any], ModuleType]) -> None:
    """The objects inside the resources have the same properties on both sides."""
    schema, package = pair
    ours = nested_of_schema(schema)
    assert len(ours) >= {"hcloud": 10, "command": 2}[schema["name"]]
    assert differences(ours, nested_of_package(package, ours)) == []


def test_functions(pair: tuple[dict[str, Any], ModuleType]) -> None:
    """Both sides have the same functions (methods of the provider itself aside)."""
    schema, package = pair
    folder = Path(str(package.__file__)).parent
    sources = [path.read_text() for path in folder.rglob("*.py")]
    called = {
        token
        for source in sources
        for token in re.findall(r"runtime\.invoke(?:_output)?\('([^']+)'", source)
    }
    assert called == {name for name in schema["functions"] if not name.startswith("pulumi:")}


def test_secrets(pair: tuple[dict[str, Any], ModuleType]) -> None:
    """What the packages keep secret the plugins keep secret, and the other way round."""
    schema, package = pair
    for token, each in schema["resources"].items():
        source = inspect.getsource(registered(package)[token])
        found = re.search(r"additional_secret_outputs=(\[.*?\])", source)
        named = set(json.loads(found[1])) if found else set()
        assert named == {n for n, p in each["properties"].items() if p.get("secret")}, token


@pytest.mark.parametrize("where", ["inputProperties", "properties"])
def test_a_missing_property_is_seen(pair: tuple[dict[str, Any], ModuleType], where: str) -> None:
    """A property taken out of the plugin is reported by its name."""
    schema, package = pair
    broken = deepcopy(schema)
    token = min(broken["resources"])
    name, _ = broken["resources"][token][where].popitem()
    assert any(
        line.startswith(token) and line.endswith(f"the plugin lacks {name}")
        for line in differences(of_schema(broken), of_package(package))
    )
