"""What every server is set up with: the values, for the step that sets and the check that looks."""

from __future__ import annotations

SYSCTLS = {
    "vm.swappiness": "10",
    "vm.vfs_cache_pressure": "50",
    "fs.file-max": "2097152",
    "net.core.somaxconn": "65535",
    "net.core.netdev_max_backlog": "65535",
    "net.ipv4.tcp_max_syn_backlog": "65535",
    "net.ipv4.tcp_fin_timeout": "15",
    "net.ipv4.tcp_keepalive_time": "300",
    "net.ipv4.tcp_keepalive_intvl": "15",
    "net.ipv4.tcp_keepalive_probes": "5",
}
SSHD = {
    "PasswordAuthentication": "no",
    "KbdInteractiveAuthentication": "no",
    "PermitRootLogin": "prohibit-password",
    "MaxAuthTries": "3",
    "ClientAliveInterval": "300",
    "ClientAliveCountMax": "2",
    "X11Forwarding": "no",
    "AllowAgentForwarding": "no",
}
OPEN_FILES = 65_535
SWAP_BYTES = 4 * 2**30


def of_a_container(name: str) -> bool:
    """Whether a kernel setting is one that a container has for itself."""
    return name.startswith("net.ipv4.") or name == "net.core.somaxconn"
