"""The system and app images on offer: name, description, ids per architecture, size."""

from __future__ import annotations

from localcloud.hetzner.images.models import Image

_CREATED = "2025-08-15T06:00:00+00:00"

# name, description, flavor, version, id on x86, id on arm. Ids beyond debian-12, ubuntu-24.04 and
# docker-ce on x86 are made up.
_SYSTEMS = (
    (("debian-12", "Debian 12", "debian", "12"), 114690387, 114690389),
    (("debian-13", "Debian 13", "debian", "13"), 310557660, 310557661),
    (("ubuntu-22.04", "Ubuntu 22.04", "ubuntu", "22.04"), 67794396, 103908130),
    (("ubuntu-24.04", "Ubuntu 24.04", "ubuntu", "24.04"), 161547269, 161547270),
    (("fedora-43", "Fedora 43", "fedora", "43"), 344680145, 344680146),
    (("rocky-9", "Rocky Linux 9", "rocky", "9"), 76766499, 103907373),
    (("rocky-10", "Rocky Linux 10", "rocky", "10"), 310557662, 310557663),
    (("alma-9", "AlmaLinux OS 9", "alma", "9"), 76766501, 103907375),
    (("alma-10", "AlmaLinux OS 10", "alma", "10"), 310557664, 310557665),
    (("centos-stream-9", "CentOS Stream 9", "centos", "stream-9"), 45559722, 103907376),
    (("opensuse-15", "openSUSE Leap 15", "opensuse", "15"), 45559723, 103907377),
)
# The architectures share the app's name; the system below is Ubuntu's.
_APPS = (
    ("docker-ce", "Docker CE", 40093247, 105888141),
    ("coolify", "Coolify", 130302264, 130302265),
    ("wireguard", "WireGuard", 86022466, 105888144),
    ("wordpress", "WordPress", 40093306, 105888146),
)


def _system(row: tuple[str, str, str, str], number: int, architecture: str) -> Image:
    name, description, flavor, version = row
    return Image(
        id=number,
        type="system",
        status="available",
        name=name,
        description=description,
        image_size=None,
        disk_size=5,
        created=_CREATED,
        os_flavor=flavor,
        os_version=version,
        architecture=architecture,
        rapid_deploy=architecture == "x86",
    )


def _app(name: str, description: str, number: int, architecture: str) -> Image:
    return Image(
        id=number,
        type="app",
        status="available",
        name=name,
        description=description,
        image_size=None,
        disk_size=40,
        created=_CREATED,
        os_flavor="ubuntu",
        os_version="24.04",
        architecture=architecture,
    )


OFFERED = tuple(
    image
    for row, x86, arm in _SYSTEMS
    for image in (_system(row, x86, "x86"), _system(row, arm, "arm"))
) + tuple(
    image
    for name, description, x86, arm in _APPS
    for image in (_app(name, description, x86, "x86"), _app(name, description, arm, "arm"))
)
