"""What the engine keeps of a provider in a state: readable for good, however the code moves."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import dill
import grpc  # type: ignore[import-untyped]
import pytest
from google.protobuf import struct_pb2
from pulumi.dynamic import Resource
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from common.errors import OperatorError
from infra import kinds
from infra.dynamic import Provider

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
RECORDED: dict[str, dict[str, str]] = json.loads(
    (ROOT / "tests/recorded/providers.json").read_text()
)
FORMER, KEYED = RECORDED["by path"], RECORDED["by kind"]


@contextmanager
def _engine_side(folder: Path) -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    """The process the engine runs dynamic providers in, started in the program's folder."""
    environment = os.environ | {"PYTHONPATH": "", "PULUMI_PROJECT": "nutri"}
    server = subprocess.Popen(
        [sys.executable, "-m", "pulumi.dynamic"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout
        with grpc.insecure_channel(f"127.0.0.1:{int(server.stdout.readline())}") as channel:
            yield provider_pb2_grpc.ResourceProviderStub(channel)
    finally:
        server.kill()
        server.communicate()


def _differs(engine: provider_pb2_grpc.ResourceProviderStub, kept: str, new: str = "same") -> str:
    """Let a kept provider compare; returns the answer's name."""
    olds, news = struct_pb2.Struct(), struct_pb2.Struct()
    olds.update({"__provider": kept, "name": "same"})
    news.update({"__provider": kept, "name": new})
    answer = engine.Diff(provider_pb2.DiffRequest(id="1", olds=olds, news=news))
    return str(provider_pb2.DiffResponse.DiffChanges.Name(answer.changes))


def _copy(folder: Path) -> Path:
    for part in ("infra", "config", "clients", "common", "agent", "runbook", "checks"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def test_every_kind_is_recorded() -> None:
    """A new kind is recorded by a line in the file, and stays readable from then on."""
    assert set(KEYED) == set(kinds.KINDS)
    assert set(FORMER) <= set(KEYED)
    assert len(FORMER) == 12


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_a_provider_is_kept_by_its_kind(kind: str) -> None:
    """What is written holds the entry point and the kind, and no path of a class."""
    written = serialize_provider(kinds.provider(kind))
    assert written == KEYED[kind]
    assert kinds.KINDS[kind].partition(":")[2].encode() not in base64.b64decode(written)


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_what_was_kept_is_the_provider_of_today(kind: str) -> None:
    """Both forms, the one by path and the one by kind, give today's class."""
    for kept in filter(None, (FORMER.get(kind), KEYED[kind])):
        assert kinds.kind_of(type(dill.loads(base64.b64decode(kept)))) == kind  # noqa: S301


def test_the_engine_uses_what_it_kept() -> None:
    """In a process that has imported nothing of ours, each kept provider compares inputs."""
    with _engine_side(ROOT) as engine:
        for kept in (*FORMER.values(), *KEYED.values()):
            assert _differs(engine, kept) == "DIFF_NONE"
            assert _differs(engine, kept, "another") == "DIFF_SOME"


def test_a_module_that_moved_is_found(tmp_path: Path) -> None:
    """Renamed with its line in the table, the module is no more; the states that name it are."""
    folder = _copy(tmp_path)
    (folder / "infra/servers/keys.py").rename(folder / "infra/made_once.py")
    table = folder / "infra/kinds.py"
    table.write_text(table.read_text().replace('"infra.servers.keys:_', '"infra.made_once:_'))
    with _engine_side(folder) as engine:
        for kind in ("key-pair", "random-secret"):
            assert _differs(engine, FORMER[kind]) == "DIFF_NONE"
            assert _differs(engine, KEYED[kind]) == "DIFF_NONE"


def test_a_module_that_moved_without_the_table_is_missed(tmp_path: Path) -> None:
    """The table is what it hangs on: without its line nobody can use the state."""
    folder = _copy(tmp_path)
    (folder / "infra/servers/keys.py").rename(folder / "infra/made_once.py")
    with _engine_side(folder) as engine, pytest.raises(grpc.RpcError, match="No module named"):
        _differs(engine, FORMER["key-pair"])


def test_a_kind_of_a_newer_program_is_told() -> None:
    """An older checkout on a newer state says so."""
    with pytest.raises(OperatorError, match="'moon', which this program does not know"):
        kinds.provider("moon")


def test_a_provider_without_a_kind_is_not_kept() -> None:
    """Whoever writes a new one learns where its kind goes."""

    class Fresh(Provider):
        pass

    with pytest.raises(TypeError, match=r"has no kind; give it one in infra/kinds\.py"):
        serialize_provider(Fresh())


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_a_type_stays(kind: str) -> None:
    """The engine's name of a resource's type is state format too."""
    module = sys.modules[type(kinds.provider(kind)).__module__]
    named = {
        f"pulumi-python:{one._resource_type_name}"
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, Resource) and one.__module__ == module.__name__
    }
    assert RECORDED["types"][kind] in named
