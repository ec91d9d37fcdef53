"""Worlds in which Hetzner's side of the server, or Coolify's, was changed by hand."""

from __future__ import annotations

from tests.e2e.mutants.mutant import Broken, mutant
from tests.e2e.mutants.scene import SERVER, Scene

_NOTHING_RUNS = "nothing runs on a server that is off"


@mutant("backups", SERVER, says="backups are off", remedy="pulumi up")
def backups_are_off(scene: Scene) -> Broken:
    """Somebody switched the server's backups off."""
    scene.server_action("disable_backup")
    yield None
    scene.server_action("enable_backup")


@mutant("protection", SERVER, says="not protected against deletion", remedy="pulumi up")
def the_protection_is_off(scene: Scene) -> Broken:
    """The API would delete the server, if asked."""
    scene.server_action("change_protection", {"delete": False, "rebuild": False})
    yield None
    scene.server_action("change_protection", {"delete": True, "rebuild": True})


_KEY = "/etc/ssh/ssh_host_ed25519_key"


@mutant(
    "ssh",
    SERVER,
    says="another (host )?key|host key",
    remedy="Hetzner console before anything else",
    blind="nothing is told to a server that is not ours",
)
def another_host_key(scene: Scene) -> Broken:
    """A machine with another host key answers at the server's address."""
    scene.at_console(
        f"cp -p {_KEY} /root/kept; cp -p {_KEY}.pub /root/kept.pub; rm {_KEY} {_KEY}.pub\n"
        f"ssh-keygen -q -t ed25519 -N '' -f {_KEY}; systemctl restart ssh"
    )
    yield None
    scene.at_console(
        f"cp -p /root/kept {_KEY}; cp -p /root/kept.pub {_KEY}.pub; systemctl restart ssh"
    )


def _sql(scene: Scene, statement: str) -> None:
    """Change what Coolify has stored."""
    scene.run(
        "docker exec --interactive coolify-db psql --quiet --set=ON_ERROR_STOP=1 "
        "--username=coolify --dbname=coolify",
        stdin=statement,
    )


@mutant("coolify", "coolify", says="API is disabled", remedy="switch its API on")
def coolifys_api_is_off(scene: Scene) -> Broken:
    """Somebody switched Coolify's API off in its settings."""
    _sql(scene, "update instance_settings set is_api_enabled = false")
    yield None
    _sql(scene, "update instance_settings set is_api_enabled = true")


@mutant(
    "server",
    SERVER,
    says="status is off instead of running",
    remedy="power on",
    also=dict.fromkeys(
        (
            *("ssh-port", "open-ports", "ssh", "health", "latency", "spread", "version"),
            *("certificate", "redirect"),
        ),
        _NOTHING_RUNS,
    ),
    blind=_NOTHING_RUNS,
)
def the_server_is_off(scene: Scene) -> Broken:
    """The server lost its power and did not come back."""
    scene.server_action("poweroff")
    yield None
    scene.server_action("poweron")
