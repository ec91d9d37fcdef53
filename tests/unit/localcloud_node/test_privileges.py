"""Which flags an engine takes is found out by trying, and remembered for that engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import docker
import pytest
from docker.errors import APIError

from localcloud.node.errors import NodeError
from localcloud.node.privileges import CAPABILITIES, Privileges, detect, missing_capabilities

if TYPE_CHECKING:
    from pathlib import Path

ALL = (1 << len(CAPABILITIES)) - 1
RESOURCE = 1 << CAPABILITIES.index("SYS_RESOURCE")


@dataclass
class Engine:
    """An engine with a capability set of its own; client, API and collection in one."""

    bounding: int = ALL
    rootless: bool = False
    engine_id: str = "E1"
    tried: list[dict[str, Any]] = field(default_factory=list)
    removed: int = 0

    @property
    def api(self) -> Engine:
        """The low-level API."""
        return self

    @property
    def containers(self) -> Engine:
        """The container collection."""
        return self

    def info(self) -> dict[str, str]:
        """The engine's identity."""
        return {"ID": self.engine_id}

    def run(self, *_: object, **__: object) -> bytes:
        """`cat /proc/1/status` of the engine's machine."""
        return f"Name:\tinit\nCapBnd:\t{self.bounding:016x}\n".encode()

    def create_host_config(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - as the SDK
        """The SDK's own translation."""
        return dict(docker.APIClient(version="1.41").create_host_config(**arguments))

    def create_container(
        self, _image: str, *, host_config: dict[str, Any], **_: object
    ) -> dict[str, str]:
        """Note what is tried."""
        self.tried.append(host_config)
        return {"Id": "c"}

    def start(self, _id: str) -> None:
        """Refuse what the engine cannot give."""
        config = self.tried[-1]
        wanted = 0
        if config.get("Privileged"):
            wanted = ALL
        elif config.get("CapAdd") == ["ALL"]:
            dropped = {CAPABILITIES.index(name) for name in config.get("CapDrop", ())}
            wanted = ALL & ~sum(1 << bit for bit in dropped)
        if self.rootless or wanted & ~self.bounding:
            raise APIError("unable to apply caps: operation not permitted")

    def remove_container(self, _id: str, *, force: bool) -> None:
        """Count what is cleaned up."""
        assert force
        self.removed += 1


def find(engine: Engine, memory: Path) -> Privileges:
    """Detect on a made-up engine."""
    return detect(engine, "image", memory)  # type: ignore[arg-type]


def test_privileged_where_it_works(tmp_path: Path) -> None:
    """A common engine takes `--privileged`."""
    assert find(Engine(), tmp_path / "p.json") == Privileges(privileged=True)


def test_exactly_the_missing_capabilities_are_dropped(tmp_path: Path) -> None:
    """An engine without one capability gets all others one by one, and the paths unmasked."""
    engine = Engine(bounding=ALL & ~RESOURCE)
    found = find(engine, tmp_path / "p.json")
    assert found == Privileges(privileged=False, dropped=("SYS_RESOURCE",))
    assert engine.tried[-1]["MaskedPaths"] == []
    assert engine.tried[-1]["CgroupnsMode"] == "private"
    assert engine.removed == len(engine.tried) == 2


def test_what_was_found_is_remembered_for_that_engine_only(tmp_path: Path) -> None:
    """A second run tries nothing; another engine is asked anew."""
    memory = tmp_path / "p.json"
    first = Engine(bounding=ALL & ~RESOURCE)
    found = find(first, memory)
    again = Engine(bounding=ALL & ~RESOURCE)
    assert find(again, memory) == found
    assert again.tried == []
    other = Engine(engine_id="E2")
    assert find(other, memory) == Privileges(privileged=True)


def test_a_broken_memory_is_asked_anew(tmp_path: Path) -> None:
    """A half-written file is no reason to fail."""
    memory = tmp_path / "p.json"
    memory.write_text('{"engine": "E1"')
    assert find(Engine(), memory) == Privileges(privileged=True)


def test_an_engine_that_takes_neither_is_told_plainly(tmp_path: Path) -> None:
    """A rootless engine cannot run the servers: the error says so, and nothing is remembered."""
    memory = tmp_path / "p.json"
    with pytest.raises(NodeError, match="rootless engine cannot run the servers"):
        find(Engine(rootless=True), memory)
    assert not memory.exists()


def test_capabilities_are_read_by_their_bit() -> None:
    """The names stand in the kernel's order."""
    assert missing_capabilities(f"CapBnd:\t{ALL:x}") == ()
    assert missing_capabilities(f"CapBnd:\t{ALL & ~RESOURCE & ~1:x}") == ("CHOWN", "SYS_RESOURCE")
