"""Worlds in which the server itself is short of something, or not looked after."""

from __future__ import annotations

from tests.e2e.mutants.mutant import Broken, mutant
from tests.e2e.mutants.scene import ML, SERVER, Scene

_IMAGE = "$(docker inspect --format '{{.Image}}' %s)"
# Every page is written to: memory that is only asked for counts for nothing.
_HOG = 'import time; kept = b"x" * (%d << 20); time.sleep(600)'


def _start(scene: Scene, name: str, program: str, *flags: str) -> None:
    """Run Python in a container of the service's image, which is there already."""
    image = _IMAGE % scene.container(ML)
    scene.run(
        f"docker run --detach --network none --name {name} {' '.join(flags)} {image} "
        f"python3 -c '{program}'"
    )


def _remove(scene: Scene, name: str) -> None:
    scene.run(f"docker rm --force {name}")


@mutant(
    "docker",
    SERVER,
    says="does not answer: Cannot connect",
    remedy="runbook docker restart",
    also=dict.fromkeys(
        (
            *(
                "open-ports",
                "coolify",
                "containers",
                "health",
                "latency",
                "spread",
                "forwarded",
                "version",
            ),
            *("certificate", "redirect"),
        ),
        "no container runs without Docker",
    ),
    blind="Docker is asked",
)
def docker_is_stopped(scene: Scene) -> Broken:
    """The Docker engine has ended, and all containers with it."""
    scene.run("systemctl stop docker.socket docker")
    yield None
    scene.run("systemctl start docker.socket docker")


@mutant("cpu", SERVER, says="the containers use .* most busy", remedy="mend what computes")
def a_container_takes_all_cores(scene: Scene) -> Broken:
    """A container computes on every core."""
    _start(scene, "busy", "import os; os.fork(); os.fork()\nwhile True: pass")
    # A machine that is shared with others never gives all of its cores.
    yield scene.expecting(cpu_share=0.3)
    _remove(scene, "busy")


@mutant("memory", SERVER, says="hog uses .* of its memory", remedy="mend or end what leaks")
def a_memory_hog(scene: Scene) -> Broken:
    """A container has used up nearly all it is allowed."""
    _start(scene, "hog", _HOG % 67, "--memory 80m --memory-swap 80m")
    yield scene.expecting(memory_share=0.8)
    _remove(scene, "hog")


@mutant("restarts", SERVER, says="greedy ran out of memory", remedy="find the leak")
def killed_for_its_memory(scene: Scene) -> Broken:
    """A container wanted more memory than it may have, and the kernel ended it."""
    _start(scene, "greedy", _HOG % 200, "--memory 40m --memory-swap 40m")
    yield None
    _remove(scene, "greedy")


@mutant("restarts", SERVER, says=r"loop restarted \d+ times", remedy="docker logs --tail 100 loop")
def a_crash_loop(scene: Scene) -> Broken:
    """A container ends as soon as it starts, again and again."""
    _start(scene, "loop", "raise SystemExit(1)", "--restart always")
    yield None
    _remove(scene, "loop")


@mutant("memory", SERVER, says="nutri-ml-service-1 uses .* of its memory", remedy="runbook restart")
def a_service_leaks(scene: Scene) -> Broken:
    """A replica's process holds more and more memory, and gives none back."""
    one = scene.container(ML)
    scene.run(f"docker update --memory 400m --memory-swap 400m {one}")
    scene.run(f"docker exec --detach {one} python3 -c '{_HOG % 300}'")
    yield scene.expecting(memory_share=0.7)
    scene.run(f"docker exec {one} pkill -f 'b\"x\"' || true")


@mutant(
    "restarts",
    SERVER,
    says="nutri-ml-service-1 ran out of memory",
    remedy="runbook logs nutri-ml-service --errors",
)
def a_replica_ran_out_of_memory(scene: Scene) -> Broken:
    """A replica wanted more memory than it may have, and the kernel ended what asked for it."""
    one = scene.container(ML)
    scene.run(f"docker update --memory 200m --memory-swap 200m {one}")
    scene.run(f"docker exec {one} python3 -c '{_HOG % 400}' || true")
    yield None
    scene.redeploy(scene.service(ML).applications[0])


@mutant("disk", SERVER, says="/srv/full is 100% full", remedy="delete what fills it")
def a_full_disk(scene: Scene) -> Broken:
    """A file system has no space left."""
    scene.run(
        "mkdir -p /srv/full; mount -t tmpfs -o size=1m full /srv/full\n"
        "head -c 1m /dev/zero >/srv/full/data"
    )
    yield None
    scene.run("umount /srv/full")


@mutant("inodes", SERVER, says="/srv/many is 100% full", remedy="delete what fills it")
def no_inode_left(scene: Scene) -> Broken:
    """A file system has space, and cannot take one more file."""
    scene.run(
        "mkdir -p /srv/many; mount -t tmpfs -o size=1m,nr_inodes=20 many /srv/many\n"
        "touch /srv/many/{1..19}"
    )
    yield None
    scene.run("umount /srv/many")


@mutant("clock", SERVER, says="clock is 1[12]. s ahead of ours", remedy="timedatectl")
def a_clock_that_is_ahead(scene: Scene) -> Broken:
    """The server tells a time two minutes ahead; its kernel's clock is its machine's."""
    scene.run(
        "printf '%s\\n' '#!/bin/sh' 'exec /bin/date --date=+2minutes \"$@\"' >/usr/local/bin/date\n"
        "chmod +x /usr/local/bin/date"
    )
    yield None
    scene.run("rm /usr/local/bin/date")


@mutant(
    "reboot",
    SERVER,
    says="a reboot is pending for linux-image",
    remedy="runbook server revive --force",
)
def a_pending_reboot(scene: Scene) -> Broken:
    """A new kernel waits for a reboot."""
    scene.run("touch /run/reboot-required; echo linux-image-cloud-amd64 >/run/reboot-required.pkgs")
    yield None
    scene.run("rm -f /run/reboot-required /run/reboot-required.pkgs")


_ARCHIVE = r"""set -e
mkdir -p /srv/apt /var/lib/apt/lists/partial; cd /srv/apt
for version in 1 2; do
  mkdir -p $version/DEBIAN
  printf 'Package: mutant\nVersion: %s\nArchitecture: all\nMaintainer: nobody <n@nutri.test>\n' \
    $version >$version/DEBIAN/control
  printf 'Description: of a test\n' >>$version/DEBIAN/control
  dpkg-deb --build $version mutant_$version.deb >/dev/null
done
dpkg --install mutant_1.deb >/dev/null
{
  cat 2/DEBIAN/control
  printf 'Filename: ./mutant_2.deb\nSize: %s\n' "$(stat --format=%s mutant_2.deb)"
  printf 'SHA256: %s\n' "$(sha256sum mutant_2.deb | cut -d' ' -f1)"
} >Packages
printf 'Origin: Debian\nLabel: Debian-Security\nSuite: stable-security\n' >Release
printf 'Codename: bookworm-security\nVersion: 12\nDate: Thu, 01 Jan 2026 00:00:00 UTC\n' >>Release
printf 'SHA256:\n %s %s Packages\n' "$(sha256sum Packages | cut -d' ' -f1)" \
  "$(stat --format=%s Packages)" >>Release
echo 'deb [trusted=yes] file:/srv/apt ./' >/etc/apt/sources.list.d/mutant.list
apt-get update -o Dir::Etc::sourcelist=/etc/apt/sources.list.d/mutant.list \
  -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0
touch /var/lib/apt/lists/mutant_InRelease
"""


@mutant("updates", SERVER, says="1 security updates are pending: mutant", remedy="apt-get upgrade")
def a_security_update_waits(scene: Scene) -> Broken:
    """The archive of security updates has a newer package than the server."""
    scene.run(_ARCHIVE)
    yield None
    scene.run(
        "dpkg --purge mutant >/dev/null\n"
        "rm -rf /srv/apt /etc/apt/sources.list.d/mutant.list /var/lib/apt/lists/*_srv_apt_* "
        "/var/lib/apt/lists/mutant_InRelease"
    )


@mutant("baseline", SERVER, says="sshd has PasswordAuthentication yes", remedy="baseline")
def ssh_takes_passwords(scene: Scene) -> Broken:
    """Somebody let people log in by password again."""
    file = "/etc/ssh/sshd_config.d/00-nutri.conf"
    scene.run(f"cp {file} /root/sshd.kept; sed -i '/^PasswordAuthentication/d' {file}")
    scene.run("printf 'PasswordAuthentication yes\\n' >/etc/ssh/sshd_config.d/01-mutant.conf")
    yield None
    scene.run(f"cp /root/sshd.kept {file}; rm /etc/ssh/sshd_config.d/01-mutant.conf")


@mutant(
    "baseline",
    SERVER,
    says="the journal may fill the disk",
    remedy="baseline",
)
def a_journal_without_bound(scene: Scene) -> Broken:
    """Somebody took the journal's bound away."""
    bound = "/etc/systemd/journald.conf.d/60-nutri.conf"
    scene.run(f"mv {bound} /root/journald.kept")
    yield None
    scene.run(f"mv /root/journald.kept {bound}")
