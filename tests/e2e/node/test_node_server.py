"""A server is a machine: systemd, its own host key, cloud-init, power, size, address, firewall."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from localcloud.hetzner.machines import InboundRule, MachineError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.node.conftest import Server, Servers

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]
EVERYONE = ("0.0.0.0/0", "::/0")


def eventually(condition: Callable[[], bool], what: str, seconds: float = 30) -> None:
    """Wait for a condition, failing with what was waited for."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.2)


def is_open(address: str, port: int) -> bool:
    """Whether a connection is accepted; one that is reset at once is not."""
    try:
        socket.create_connection((address, port), timeout=5).close()
    except (ConnectionRefusedError, ConnectionResetError):
        return False
    return True


def test_it_boots_with_the_host_key_and_the_user_data_it_was_given(web: Server) -> None:
    """SSH with the pinned key works, systemd is content, and the user data ran once."""
    assert web.run("systemctl is-system-running --wait") == "running"
    assert web.run("cat /root/first-boot") == "ran"
    assert web.run("hostname") == "test-2"
    result = json.loads(web.run("cat /run/cloud-init/result.json"))
    assert "NoCloud" in result["v1"]["datasource"]
    assert result["v1"]["errors"] == []


def test_no_other_host_key_is_ever_shown(servers: Servers) -> None:
    """From the first moment port 22 answers, it is the key of the user data, also in the boot."""
    server = servers.describe(3)
    servers.machines.create(server.spec())
    servers.machines.start(3)
    seen: set[str] = set()
    booted = "test -f /run/cloud-init/result.json"
    deadline = time.monotonic() + 20
    while server.ssh(booted).returncode:
        assert time.monotonic() < deadline, "the server boots"
        scan = subprocess.run(
            ["ssh-keyscan", "-T", "2", server.address],
            capture_output=True,
            text=True,
            check=False,
        )
        seen |= {" ".join(line.split()[1:3]) for line in scan.stdout.splitlines()}
    assert seen == {server.host_key.public}
    servers.machines.delete(3)


def test_secrets_do_not_show_in_what_the_engine_tells(servers: Servers, web: Server) -> None:
    """User data and keys reach the disk without passing through the container's settings."""
    container = f"{servers.instance.prefix}-server-2"
    inspected = json.dumps(servers.client.api.inspect_container(container))
    assert web.host_key.private.splitlines()[1] not in inspected
    assert "first-boot" not in inspected


def test_the_instances_authority_is_trusted(servers: Servers, web: Server) -> None:
    """The server verifies the download site with its system bundle."""
    assert web.run("curl -sS -o /dev/null -w '%{http_code}' https://cdn.localcloud.test/") == "403"
    assert (servers.instance.home / "ca.key").stat().st_mode & 0o777 == 0o600


def test_a_reboot_from_inside_comes_back_and_keeps_the_disk(servers: Servers, web: Server) -> None:
    """`reboot` typed on the server boots it again; first-boot commands do not run twice."""
    before = web.run("cat /proc/sys/kernel/random/uuid > /root/kept; cat /root/kept")
    web.ssh("systemctl reboot")
    eventually(lambda: not servers.machines.running(2) or bool(web.ssh("true").returncode), "down")
    web.wait_booted()
    assert web.run("cat /root/kept") == before
    assert web.run("cat /root/first-boot") == "ran"


def test_a_poweroff_from_inside_stays_off(servers: Servers, web: Server) -> None:
    """`poweroff` typed on the server switches it off and closes its ports; `start` boots it."""
    web.ssh("systemctl poweroff")
    eventually(lambda: not servers.machines.running(2), "the server is off")
    eventually(lambda: not is_open(web.address, 22), "port 22 closes")
    servers.machines.start(2)
    web.wait_booted()


def test_shutdown_is_clean_and_power_off_is_not(servers: Servers, web: Server) -> None:
    """A shutdown runs the stop commands of services; cutting the power does not."""
    unit = (
        "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=true\nExecStop=touch /root/bye\n"
    )
    web.run("cat > /etc/systemd/system/bye.service && systemctl start bye", unit)
    servers.machines.shutdown(2)
    assert not servers.machines.running(2)
    servers.machines.start(2)
    web.wait_booted()
    web.run("rm /root/bye && systemctl start bye")
    servers.machines.reset(2)
    web.wait_booted()
    assert web.ssh("test -e /root/bye").returncode == 1


def test_a_resize_changes_the_limits_and_keeps_the_data(servers: Servers, web: Server) -> None:
    """Memory and CPU limits are those of the new type, enforced by the kernel."""
    web.run("echo precious > /root/data")
    servers.machines.shutdown(2)
    servers.machines.resize(2, 1, 3, 80)
    servers.machines.start(2)
    web.wait_booted()
    container = servers.client.api.inspect_container(f"{servers.instance.prefix}-server-2")
    assert container["HostConfig"]["Memory"] == 3 * 1024**3
    assert container["HostConfig"]["CpuQuota"] == 100_000
    assert web.run("cat /root/data") == "precious"
    assert web.run("getconf _NPROCESSORS_ONLN; grep -c ^processor /proc/cpuinfo") == "1\n1"
    memory = int(web.run("awk '/MemTotal/ {print $2}' /proc/meminfo"))
    assert memory == min(3 * 1024**2, _host_memory_kib())
    assert int(web.run("free -k | awk '/Mem:/ {print $3}'")) > 1024, "what is in use is told"


def test_a_boot_is_told_from_the_next(servers: Servers, web: Server) -> None:
    """The kernel's boot id changes with every boot of the server, not only of this machine."""
    before = web.run("cat /proc/sys/kernel/random/boot_id")
    assert web.run("cat /proc/sys/kernel/random/boot_id") == before
    servers.machines.reset(2)
    web.wait_booted()
    assert web.run("cat /proc/sys/kernel/random/boot_id") != before


def test_the_firewall_opens_and_closes_ports_of_a_running_server(
    servers: Servers, web: Server
) -> None:
    """What the rules name is open if it listens; a change holds at once."""
    web.run("systemd-run --quiet --unit web8080 python3 -m http.server 8080")
    eventually(lambda: is_open(web.address, 8080), "port 8080 opens")
    servers.machines.set_firewall(2, (InboundRule("tcp", (22, 22), EVERYONE),))
    assert is_open(web.address, 22)
    assert not is_open(web.address, 8080)
    servers.machines.set_firewall(2, None)
    assert is_open(web.address, 8080)
    web.run("systemctl stop web8080")
    eventually(lambda: not is_open(web.address, 8080), "port 8080 closes")


def test_what_listens_on_the_servers_loopback_is_not_reachable(web: Server) -> None:
    """A dashboard bound to 127.0.0.1 stays inside, whatever the firewall says."""
    web.run("systemd-run --quiet --unit web8081 python3 -m http.server 8081 --bind 127.0.0.1")
    eventually(lambda: web.ssh("curl -s localhost:8081 >/dev/null").returncode == 0, "it serves")
    time.sleep(1)
    assert not is_open(web.address, 8081)
    web.run("systemctl stop web8081")


def test_the_address_can_change_and_go(servers: Servers, web: Server) -> None:
    """A server answers at its new address only, and nowhere when it has none."""
    servers.machines.set_address(2, "127.203.0.99")
    assert is_open("127.203.0.99", 22)
    assert not is_open(web.address, 22)
    servers.machines.set_address(2, None)
    assert not is_open("127.203.0.99", 22)
    servers.machines.set_address(2, web.address)
    assert is_open(web.address, 22)


def test_a_password_can_be_set(servers: Servers, web: Server) -> None:
    """The password is root's, stored hashed; it was on no command line."""
    servers.machines.set_password(2, "correct horse: battery'$staple")
    hashed = web.run("getent shadow root | cut -d: -f2")
    check = (
        "import crypt,sys; h=sys.argv[1]; print(crypt.crypt(sys.stdin.readline().strip(), h)==h)"
    )
    given = "correct horse: battery'$staple\n"
    assert web.run(f"python3 -W ignore -c {json.dumps(check)} '{hashed}'", given) == "True"


def test_an_unknown_image_is_refused_and_leaves_nothing(servers: Servers) -> None:
    """Only debian-12 and own captures exist; the error says so, and no disk is left."""
    server = servers.describe(4)
    for image in ("system:ubuntu-24.04", "image:4711"):
        with pytest.raises(MachineError, match="debian-12"):
            servers.machines.create(server.spec(image))
    assert not _objects(servers, 4)


def test_a_deleted_server_leaves_nothing(servers: Servers) -> None:
    """Container, volume, record and listeners go with it; deleting twice is no error."""
    server = servers.boot(5)
    assert _objects(servers, 5)
    servers.machines.delete(5)
    servers.machines.delete(5)
    assert not _objects(servers, 5)
    assert not is_open(server.address, 22)
    assert not (servers.instance.home / "machines" / "5.json").exists()


def _host_memory_kib() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 1024


def _objects(servers: Servers, server_id: int) -> list[object]:
    labels = [f"localcloud.server={server_id}", f"localcloud.instance={servers.instance.name}"]
    return [
        *servers.client.containers.list(all=True, filters={"label": labels}),
        *servers.client.volumes.list(filters={"label": labels}),
    ]
