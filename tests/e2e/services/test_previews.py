"""Services in previews: the real engine against the Hetzner API alone, without a platform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pytest
import yaml

from tests.contract.hetzner_double import RunningDouble
from tests.e2e.conftest import ROOT, Cloud, empty_stack
from tests.e2e.services.conftest import MORE, ODD, SESAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Stack
    from tests.e2e.lanes import Lane

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]


@dataclass(frozen=True)
class _Ports:
    """Where the API is; nothing else of a local cloud is there."""

    port: int
    dns_port: int = 9


@pytest.fixture(scope="module")
def planned(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A stack of four services that is not there yet."""
    with RunningDouble() as hetzner:
        lane = cast("Lane", _Ports(hetzner.port))
        cloud = Cloud(tmp_path_factory.mktemp("no-cloud"), lane, cloud_environment)
        made = empty_stack(cloud, tmp_path_factory.mktemp("planned"), "planned")
        whole = yaml.safe_load((ROOT / "app.yaml").read_text())
        whole["services"] |= MORE
        (made.folder / "app.yaml").unlink()
        (made.folder / "app.yaml").write_text(yaml.safe_dump(whole, sort_keys=False))
        made.config["nutri:supabaseProject"] = ""  # nobody answers for one
        made.change("nutri-backend", variables=ODD)
        made.set_secret("nutri:secrets.nutri-backend.JWT_SECRET", SESAME)
        yield made


def test_a_preview_and_its_plan_tell_no_secret(planned: Stack) -> None:
    """Tags and replicas are there to read, in the config as well; secrets are nowhere."""
    plan = planned.folder / "plan.json"
    done = planned.pulumi("preview", "--diff", "--save-plan", str(plan), timeout=300)
    assert done.returncode == 0, planned.last
    told = planned.last + plan.read_text() + planned.config_file.read_text()
    for name in ("nutri-worker-1", "nutri-admin-1", "nutri-backend-2", "admin-a"):
        assert name in planned.last, name
    assert "drain-1" in planned.last
    assert SESAME not in told
    assert "localcloud-database" not in told
    assert "localcloud-redis@" not in told


def test_every_mistake_comes_at_once_from_the_engine(planned: Stack) -> None:
    """Numbers that were texts, a wrong key, an old key, and what does not fit together."""
    kept = {key: dict(value) for key, value in planned.config["nutri:services"].items()}
    planned.change("nutri-backend", tag=1234567, replica=3)
    planned.config["nutri:backendTag"] = "good-1"
    done = planned.pulumi("preview", timeout=300)
    planned.config["nutri:services"] = kept
    del planned.config["nutri:backendTag"]
    assert done.returncode != 0
    said = " ".join(planned.last.split())
    assert "3 mistake(s), nothing was touched" in said
    assert "nutri:services.nutri-backend.tag: 1234567 is no text; put it in quotes" in said
    assert "nutri:services.nutri-backend.replica: is unknown; did you mean replicas?" in said
    assert "nutri:backendTag: is nutri:services.nutri-backend.tag now" in said
    assert "Traceback" not in planned.last


def test_what_needs_more_memory_than_there_is_is_refused(planned: Stack) -> None:
    """Six of eight gigabytes: beside itself refused, one after the other it passes at a cost."""
    kept = {key: dict(value) for key, value in planned.config["nutri:services"].items()}
    planned.change("nutri-ml-service", memory="6GiB", rollout="start-first")
    assert planned.pulumi("preview", timeout=300).returncode != 0
    said = " ".join(planned.last.split())
    assert "nutri-ml-service (1 + 1 in a roll-out) x 6 GiB" in said
    assert "`rollout: stop-first` for nutri-ml-service (6 GiB less" in said
    planned.change("nutri-ml-service", rollout="stop-first")
    planned.change("nutri-admin", memory=None)
    done = planned.pulumi("preview", timeout=300)
    planned.config["nutri:services"] = kept
    assert done.returncode == 0, planned.last
    assert "nutri-ml-service: its roll-out stops the old container first" in planned.last
