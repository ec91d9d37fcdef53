"""acceptance.yaml: every mistake at once, and no secret in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from acceptance import config

if TYPE_CHECKING:
    from pathlib import Path

_ENVIRONMENT = {"HCLOUD_TOKEN": "t" * 64, "REGISTRY_PASSWORD": "p"}
_GOOD: dict[str, Any] = {
    "domain": "acceptance.example.org",
    "location": "fsn1",
    "limit": {"euros": 1, "minutes": 60},
    "steps": ["up", "check"],
    "secrets": {"nutri:registryPassword": "REGISTRY_PASSWORD"},
}


def _load(
    folder: Path, changed: dict[str, Any], environment: dict[str, str] | None = None
) -> tuple[config.Config, dict[str, str]]:
    file = folder / "acceptance.yaml"
    file.write_text(yaml.safe_dump(_GOOD | changed))
    return config.load(file, _ENVIRONMENT if environment is None else environment)


def test_a_good_file_gives_the_secrets_it_names(tmp_path: Path) -> None:
    """What the defaults leave out is the real Hetzner and Let's Encrypt's staging."""
    loaded, secrets = _load(tmp_path, {})
    assert secrets == _ENVIRONMENT
    assert loaded.hetzner.endpoint == "https://api.hetzner.cloud/v1"
    assert "acme-staging" in str(loaded.certificates.server)
    assert [one for one in config.STEPS if loaded.wants(one)] == ["up", "check"]


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """One run tells them all: what is missing, what is wrong, what is not set."""
    wrong = {
        "limit": {"euros": 0, "minutes": 60},
        "domain": "nowhere",
        "steps": ["up", "fly"],
        "secrets": {"nutri:registryPassword": "hunter2secret"},
        "colour": "red",
    }
    with pytest.raises(config.AcceptanceError) as raised:
        _load(tmp_path, wrong, {})
    text = str(raised.value)
    assert "6 mistake(s), nothing was touched" in text
    for place in (
        "limit.euros",
        "domain",
        "steps.1: 'fly' is no step",
        "secrets.nutri:registryPassword: hunt... is not the name of an environment variable",
        "colour: is no setting",
        "HCLOUD_TOKEN: is named in the file and not set",
    ):
        assert f"- {place}" in text
    assert "hunter2secret" not in text


@pytest.mark.parametrize(
    ("changed", "environment", "words"),
    [
        ({"steps": ["up", "deploy"]}, None, "deploy: missing; or leave the step out"),
        ({"steps": ["up", "scale"]}, None, "scale: missing"),
        ({"steps": ["up", "resize"]}, None, "resize: missing"),
        ({"steps": ["up", "dump"]}, None, "dump needs `nutri:dumps: true`"),
        ({"steps": ["up", "restore"]}, None, "restore needs `nutri:dumps: true`"),
        ({"secrets": {"registry": "REGISTRY_PASSWORD"}}, None, "no setting, such as nutri:"),
        ({}, {"HCLOUD_TOKEN": "short", "REGISTRY_PASSWORD": "p"}, "has 5 characters"),
    ],
)
def test_a_gap_is_told(
    tmp_path: Path, changed: dict[str, Any], environment: dict[str, str] | None, words: str
) -> None:
    """What a step wants is known before anything is made."""
    with pytest.raises(config.AcceptanceError, match="1 mistake") as raised:
        _load(tmp_path, changed, environment)
    assert words in str(raised.value)


def test_no_file_and_no_yaml_are_told(tmp_path: Path) -> None:
    """Neither is a traceback."""
    with pytest.raises(config.AcceptanceError, match="cannot be read"):
        config.load(tmp_path / "none.yaml", {})
    (tmp_path / "bad.yaml").write_text("a: [")
    with pytest.raises(config.AcceptanceError, match="is no YAML"):
        config.load(tmp_path / "bad.yaml", {})
    (tmp_path / "empty.yaml").write_text("")
    with pytest.raises(config.AcceptanceError, match="holds no settings"):
        config.load(tmp_path / "empty.yaml", {})


def test_the_file_of_the_project_is_good() -> None:
    """As it is committed, with every variable it names."""
    file = config_file()
    named = [*yaml.safe_load(file.read_text())["secrets"].values()]
    loaded, secrets = config.load(file, dict.fromkeys(named, "x") | {"HCLOUD_TOKEN": "t" * 64})
    assert loaded.steps == config.STEPS
    assert set(secrets) == {*named, "HCLOUD_TOKEN"}


def config_file() -> Path:
    """The committed acceptance.yaml."""
    from acceptance.workspace import ROOT  # noqa: PLC0415 - for this test alone

    return ROOT / "acceptance.yaml"
