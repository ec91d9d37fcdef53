"""The object storage: what is refused before a container is looked for, and how it is told."""

from __future__ import annotations

from typing import Any

import pytest
from docker.errors import NotFound

from localcloud.node.errors import NodeError
from localcloud.node.object_storage import ObjectStorage, Trouble
from localcloud.settings import Instance


class _Engine:
    """A Docker engine without any container."""

    @property
    def containers(self) -> Any:  # noqa: ANN401 - stands for the collection
        """Itself."""
        return self

    def get(self, name: str) -> None:
        """There is none."""
        raise NotFound(name)


@pytest.fixture
def storage() -> ObjectStorage:
    """Of an instance that has made none."""
    return ObjectStorage(_Engine(), Instance.from_env({}))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", "ab", "-abc", "abc-", "Abc", "a.b.c", "a" * 64, "a;b c"])
def test_a_name_that_s3_refuses_is_told(storage: ObjectStorage, name: str) -> None:
    """It would become a path and a part of a command."""
    with pytest.raises(NodeError, match="3 to 63 of a-z, 0-9 and '-'"):
        storage.add_bucket(name)


def test_there_is_no_trouble_without_a_bucket(storage: ObjectStorage) -> None:
    """The way to one is told."""
    with pytest.raises(NodeError, match="make a bucket first"):
        storage.set_trouble(Trouble.FULL)
    with pytest.raises(NodeError, match="make a bucket first"):
        storage.run("true")
