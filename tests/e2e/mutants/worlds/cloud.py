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


@mutant(
    "backup-age",
    SERVER,
    says="no backup yet, and the server is 3 d",
    remedy="Hetzner's console",
)
def the_newest_backup_is_old(scene: Scene) -> Broken:
    """Hetzner has made no backup for three days."""
    scene.cloud.knob("POST", "/action_faults", {"command": "create_image", "times": 999})
    scene.cloud.knob("PATCH", "/knobs", {"clock_offset": 3 * 86_400})
    yield None
    scene.cloud.knob("PATCH", "/knobs", {"clock_offset": 0})
    scene.cloud.knob("DELETE", "/faults")


@mutant("hetzner-token", "hetzner", says="may only read", remedy="read and write access")
def a_token_that_may_only_read(scene: Scene) -> Broken:
    """The API refuses whatever is more than a look."""
    refusal = {"method": "POST", "path": ".*", "status": 403, "code": "forbidden", "times": 99}
    scene.cloud.knob("POST", "/faults", refusal)
    yield None
    scene.cloud.knob("DELETE", "/faults")


@mutant(
    "drift",
    "e2e",
    says=r"1 of \d+ resources differ from the program: server \(update: labels\)",
    remedy="runbook plan",
)
def a_change_by_hand(scene: Scene) -> Broken:
    """Somebody changed the server's labels in the console."""
    path = f"/servers/{scene.server_id}"
    labels = scene.hetzner("GET", path)["server"]["labels"]
    scene.hetzner("PUT", path, {"labels": labels | {"by": "hand"}})
    yield None
    scene.hetzner("PUT", path, {"labels": labels})


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


@mutant(
    "coolify",
    "coolify",
    says="API is disabled",
    remedy="`pulumi up`",
    also={"variables": "Coolify is asked for them"},
)
def coolifys_api_is_off(scene: Scene) -> Broken:
    """Somebody switched Coolify's API off in its settings."""
    scene.sql("update instance_settings set is_api_enabled = false")
    yield None
    scene.sql("update instance_settings set is_api_enabled = true")


@mutant(
    "coolify",
    "coolify",
    says="not allowed to access",
    remedy="allowed_ips = null",
    also={"variables": "Coolify is asked for them"},
)
def coolify_lets_no_address_in(scene: Scene) -> Broken:
    """Somebody gave Coolify's API a list of addresses, and the server's own is not on it."""
    scene.sql("update instance_settings set allowed_ips = '198.51.100.7'")
    yield None
    scene.sql("update instance_settings set allowed_ips = null")


@mutant(
    "coolify",
    "coolify",
    says="does not answer on the server's port 8000",
    remedy="docker restart coolify",
    also={"variables": "Coolify is asked for them"},
)
def coolify_is_stopped(scene: Scene) -> Broken:
    """Coolify's container has ended; the app serves on."""
    scene.run("docker stop --time 1 coolify")
    yield None
    scene.run("docker start coolify")


@mutant(
    "coolify-token",
    "coolify",
    says="does not know the stack's token",
    remedy="`pulumi up`",
    also={"coolify": "it uses the token", "variables": "Coolify is asked for them"},
)
def the_token_is_gone(scene: Scene) -> Broken:
    """Somebody deleted the stack's token in Coolify's dashboard."""
    scene.sql(
        "create table kept as select * from personal_access_tokens;"
        "delete from personal_access_tokens"
    )
    yield None
    # What an update has minted meanwhile is the same token.
    scene.sql(
        "insert into personal_access_tokens select * from kept where token not in"
        " (select token from personal_access_tokens); drop table kept"
    )


@mutant(
    "coolify-token",
    "coolify",
    says="may only read, and a deployment needs root",
    remedy="rotate coolify-token",
    also={"coolify": "it uses the token", "variables": "their values are kept from it"},
)
def a_token_for_less_than_needed(scene: Scene) -> Broken:
    """Somebody took abilities from the stack's token in Coolify."""
    scene.sql("update personal_access_tokens set abilities = '[\"read\"]' where name = 'pulumi'")
    yield None
    scene.sql("update personal_access_tokens set abilities = '[\"root\"]' where name = 'pulumi'")


@mutant("coolify-token", "coolify", says="is 400 days old", remedy="rotate coolify-token")
def an_old_token(scene: Scene) -> Broken:
    """The stack's token for Coolify was made more than a year ago."""
    table = "update personal_access_tokens set created_at = now()"
    scene.sql(f"{table} - interval '400 days' where name = 'pulumi'")
    yield None
    scene.sql(f"{table} where name = 'pulumi'")


@mutant(
    "server",
    SERVER,
    says="status is off instead of running",
    remedy="runbook server revive",
    also=dict.fromkeys(
        (
            *(
                "ssh-port",
                "open-ports",
                "ssh",
                "health",
                "latency",
                "spread",
                "forwarded",
                "version",
            ),
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
