"""What gives space back on a full file system: Docker where that is its own, else no command."""

from __future__ import annotations

import pytest

from checks import capacity


@pytest.mark.parametrize("mount", ["/", "/data", "/var/lib/docker"])
def test_dockers_own_file_system_is_pruned(mount: str) -> None:
    """By whichever of its mounts it is listed."""
    assert "`runbook docker prune`" in capacity._of_space(["/srv", mount])


def test_of_another_docker_frees_nothing() -> None:
    """There is nothing of it on that."""
    assert "docker prune" not in capacity._of_space(["/srv"])
