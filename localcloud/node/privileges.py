"""Which flags let a container run systemd and a Docker engine of its own: asked, not assumed.

An engine whose own capability set lacks one refuses `--privileged` altogether; there the same
rights are given one by one, without those it lacks. That list is no hardening: it is as powerful.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from docker.errors import APIError

from localcloud.node.errors import NodeError

if TYPE_CHECKING:
    from pathlib import Path

    from docker import DockerClient

# Linux capabilities by bit number (capability.h); newer kernels append to it.
CAPABILITIES = (
    *("CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID"),
    *("SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW"),
    *("IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT"),
    *("SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD"),
    *("LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG"),
    *("WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE"),
)
_UNCONFINED = ("seccomp=unconfined", "apparmor=unconfined")


@dataclass(frozen=True)
class Privileges:
    """The flags of a server's container."""

    privileged: bool
    dropped: tuple[str, ...] = ()
    """Capabilities the engine does not have itself; meaningful when not privileged."""

    def host_config(self, client: DockerClient, **others: Any) -> dict[str, Any]:  # noqa: ANN401
        """The engine's HostConfig with these flags and `others`, arguments of the SDK's own."""
        if self.privileged:
            return dict(
                client.api.create_host_config(privileged=True, cgroupns="private", **others)
            )
        config = client.api.create_host_config(
            cap_add=["ALL"],
            cap_drop=list(self.dropped),
            security_opt=list(_UNCONFINED),
            device_cgroup_rules=["a *:* rwm"],
            cgroupns="private",
            **others,
        )
        # What the CLI calls `systempaths=unconfined`; the SDK has no argument for it.
        return {**config, "MaskedPaths": [], "ReadonlyPaths": []}


def missing_capabilities(status: str) -> tuple[str, ...]:
    """Names of the capabilities absent from `CapBnd` of a /proc/<pid>/status text."""
    lines = (line.split() for line in status.splitlines())
    bounding = next(int(line[1], 16) for line in lines if line and line[0] == "CapBnd:")
    return tuple(name for bit, name in enumerate(CAPABILITIES) if not bounding >> bit & 1)


def detect(client: DockerClient, image: str, memory: Path) -> Privileges:
    """The flags that work with this engine; what was found is remembered in the file `memory`.

    Raises:
        NodeError: neither way works.
    """
    engine = str(client.info()["ID"])
    known = _recall(memory, engine)
    if known:
        return known
    found = _try(client, image, Privileges(privileged=True)) or _without_missing(client, image)
    memory.parent.mkdir(parents=True, exist_ok=True)
    memory.write_text(json.dumps({"engine": engine, **asdict(found)}))
    return found


def _without_missing(client: DockerClient, image: str) -> Privileges:
    status = client.containers.run(
        image, ["/proc/1/status"], entrypoint=["cat"], pid_mode="host", remove=True
    )
    candidate = Privileges(privileged=False, dropped=missing_capabilities(status.decode()))
    if _try(client, image, candidate) is None:
        raise NodeError(
            "this Docker engine starts no privileged container, nor one with the capabilities "
            f"it has itself (without {', '.join(candidate.dropped) or 'none'}); a rootless engine "
            "cannot run the servers of the double: use one that runs as root"
        )
    return candidate


def _try(client: DockerClient, image: str, candidate: Privileges) -> Privileges | None:
    config = candidate.host_config(client, network_mode="none")
    made = client.api.create_container(image, entrypoint=["true"], host_config=config)
    try:
        client.api.start(made["Id"])
    except APIError:
        return None
    finally:
        client.api.remove_container(made["Id"], force=True)
    return candidate


def _recall(memory: Path, engine: str) -> Privileges | None:
    try:
        kept = json.loads(memory.read_text())
        if kept["engine"] != engine:
            return None
        return Privileges(bool(kept["privileged"]), tuple(kept["dropped"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
