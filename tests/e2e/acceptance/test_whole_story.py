"""`make acceptance` as it is, on a platform of the double: told other addresses, nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from localcloud.settings import DEMO_TOKEN
from tests.contract.asked import hetzner
from tests.e2e import asked
from tests.e2e.conftest import ROOT, SECRET_VARIABLES, SECRETS, local_cloud

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.conftest import Cloud

pytestmark = [pytest.mark.docker, pytest.mark.engine, pytest.mark.long, pytest.mark.timeout(3600)]


@pytest.fixture
def cloud(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cloud]:
    """A local cloud of its own."""
    with local_cloud(cloud_environment, tmp_path_factory.mktemp("acceptance-cloud")) as made:
        yield made


def _secrets() -> dict[str, str]:
    """The double's secrets by the setting."""
    given = {**SECRETS, **SECRET_VARIABLES, "nutri:resticPassword": "acceptance-restic"}
    return {key: value for key, value in given.items() if key != "hcloud:token"}


def _variable(key: str) -> str:
    return "".join(one if one.isalnum() else "_" for one in key).upper()


def _config(cloud: Cloud) -> dict[str, Any]:
    base = yaml.safe_load((ROOT / "Pulumi.local.yaml").read_text())["config"]
    plain = {key: one for key, one in base.items() if "secure" not in str(one)}
    own = {
        "nutri:supabaseEndpoint": f"http://127.0.0.1:{cloud.port}/supabase",
        "nutri:caBundle": str(cloud.home / "ca.crt"),
        "nutri:nameservers": [f"127.0.0.1:{cloud.dns_port}"],
        "nutri:liveLatencyMs": 3000,
    }
    return {
        "hetzner": {"endpoint": cloud.endpoint, "boxes": cloud.endpoint},
        "domain": plain.pop("nutri:domain"),
        "location": plain.pop("nutri:location"),
        "limit": {"euros": 1, "minutes": 60},
        "certificates": {"server": None, "root": None},
        "deploy": {"service": "nutri-backend", "tag": "good-2"},
        "scale": {"service": "nutri-backend", "replicas": 3},
        "resize": {"tier": "medium", "type": "cx43"},
        "config": {**plain, **own},
        "secrets": {key: _variable(key) for key in _secrets()},
    }


def test_the_whole_story_holds_and_leaves_nothing(cloud: Cloud, tmp_path: Path) -> None:
    """Each step by the project's own commands; then no thing, no secret and no state is left."""
    (tmp_path / "acceptance.yaml").write_text(yaml.safe_dump(_config(cloud)))
    values = {_variable(key): value for key, value in _secrets().items()}
    done = subprocess.run(
        [sys.executable, "-m", "acceptance", "run", "--yes"],
        cwd=tmp_path,
        env=os.environ
        | cloud.environment
        | values
        | {"HCLOUD_TOKEN": DEMO_TOKEN, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=3500,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for step in ("up", "check", "deploy", "scale", "resize", "dump", "restore", "drill", "destroy"):
        assert f"\n  {step}: " in done.stdout
    assert "nothing is left of acceptance-" in done.stdout
    assert hetzner().problems(asked.of_hetzner(cloud)) == []
    (run,) = tmp_path.glob(".local/acceptance/*")
    assert sorted(one.name for one in run.iterdir()) == [
        "exchanges.jsonl",
        "logs",
        "report.json",
        "run.json",
    ]
    kept = "".join(one.read_text() for one in run.rglob("*") if one.is_file())
    assert [one for one in [*values.values(), DEMO_TOKEN] if one in kept] == []
