"""The proxy's compose file is Coolify's, and what is run is what the file says."""

from __future__ import annotations

import itertools

import yaml

from localcloud.coolify.boot.proxy import compose_text, run_command

REGISTRY = "docker.localcloud.test"


def values(command: list[str], option: str) -> list[str]:
    """What follows an option, each time."""
    return [after for word, after in itertools.pairwise(command) if word == option]


def test_the_command_is_what_the_compose_file_says() -> None:
    """A file with other options, a port and a label runs with these."""
    document = yaml.safe_load(compose_text(REGISTRY))
    service = document["services"]["traefik"]
    service["command"] = ["--ping=true", "--mine=1"]
    service["ports"] = ["81:80"]
    service["labels"].append("mine=2")
    command = run_command(yaml.safe_dump(document))
    assert command[-3:] == [service["image"], "--ping=true", "--mine=1"]
    assert values(command, "--publish") == ["81:80"]
    assert "mine=2" in values(command, "--label")
    assert "/data/coolify/proxy:/traefik" in values(command, "--volume")
    assert values(command, "--name") == ["coolify-proxy"]


def test_traefik_names_the_container_as_under_compose() -> None:
    """Its default rule for Coolify's own router is made of these two labels."""
    labels = values(run_command(compose_text(REGISTRY)), "--label")
    assert "com.docker.compose.project=coolify-proxy" in labels
    assert "com.docker.compose.service=traefik" in labels


def test_the_proxy_trusts_what_the_server_trusts() -> None:
    """Let's Encrypt's double has a certificate of the instance's own authority."""
    bundle = "/etc/ssl/certs/ca-certificates.crt"
    command = run_command(compose_text(REGISTRY))
    assert f"{bundle}:{bundle}:ro" in values(command, "--volume")
    assert bundle not in compose_text(REGISTRY)


def test_certificates_come_as_coolify_sets_it_up() -> None:
    """The resolver of the labels, by HTTP on port 80, with the vendor's own directory."""
    command = yaml.safe_load(compose_text(REGISTRY))["services"]["traefik"]["command"]
    options = dict(word.split("=", 1) for word in command if "=" in word)
    resolver = "--certificatesresolvers.letsencrypt.acme"
    assert options[f"{resolver}.httpchallenge.entrypoint"] == "http"
    assert options[f"{resolver}.storage"] == "/traefik/acme.json"
    assert f"{resolver}.caserver" not in options
