"""What is lost when a resource goes, be it deleted or replaced."""

from __future__ import annotations

from common.changes.model import Change, Downtime, Finding, Op, Risk
from common.changes.server import SPARE

GONE = "delete"
"""Acknowledges that the resource that is there goes: a replacement deletes it just the same."""

_REBUILD = Downtime(300, 1200)
_DNS = Downtime(300, 86_400)


def _loss(risk: Risk, what: str, downtime: Downtime | None = None) -> Finding:
    return Finding(risk, what, downtime, GONE)


_KEY = "whoever knew it is shut out, and a server keeps the one it was made with"
_SECRET = "what was encrypted or agreed on with it cannot be read any more"  # noqa: S105

REFUSED: dict[str, Finding] = {
    "hcloud/Server": _loss(
        Risk.DATA_LOSS, "its disk, all of its backups and its auto-made addresses go", _REBUILD
    ),
    "hcloud/Volume": _loss(Risk.DATA_LOSS, "everything on the volume goes", _REBUILD),
    "hcloud/Snapshot": _loss(Risk.DATA_LOSS, "the snapshot goes, and with it a way back"),
    "hcloud/StorageBox": _loss(Risk.DATA_LOSS, "everything in the storage box goes"),
    "hcloud/StorageBoxSnapshot": _loss(Risk.DATA_LOSS, "the snapshot of the storage box goes"),
    "hcloud/Zone": _loss(
        Risk.DATA_LOSS, "all records of the zone go, and no name of it resolves any more", _DNS
    ),
    "hcloud/PrimaryIp": _loss(
        Risk.ADDRESS_LOSS, "the address goes for good, with DNS still pointing to it", _DNS
    ),
    "hcloud/FloatingIp": _loss(
        Risk.ADDRESS_LOSS, "the address goes for good, with DNS still pointing to it", _DNS
    ),
    "hcloud/LoadBalancer": _loss(
        Risk.ADDRESS_LOSS, "its public address goes, and whatever enters through it", _DNS
    ),
    "hcloud/Network": _loss(
        Risk.ADDRESS_LOSS, "every private address in it goes, servers lose each other", _REBUILD
    ),
    "nutri/KeyPair": _loss(Risk.DATA_LOSS, f"the private key goes: {_KEY}"),
    "nutri/RandomSecret": _loss(Risk.DATA_LOSS, f"the secret goes: {_SECRET}"),
}

_DETACHED = Downtime(10, 120)
_APART = Finding(Risk.DOWNTIME, "it is apart until attached anew", _DETACHED)
_SHUT = Finding(Risk.DOWNTIME, "nothing gets through until there is a new one", _DETACHED)
_OPEN = Finding(Risk.EXPOSURE, "servers stand without their firewall until there is a new one")
_NAME = Finding(
    Risk.DOWNTIME, "the name does not resolve until there is a new one", Downtime(1, 600)
)

WARNED: dict[str, Finding] = {
    "hcloud/Firewall": _OPEN,
    "hcloud/FirewallAttachment": _OPEN,
    "hcloud/VolumeAttachment": _APART,
    "hcloud/FloatingIpAssignment": _APART,
    "hcloud/ServerNetwork": _APART,
    "hcloud/NetworkSubnet": _APART,
    "hcloud/NetworkRoute": _APART,
    "hcloud/LoadBalancerNetwork": _SHUT,
    "hcloud/LoadBalancerService": _SHUT,
    "hcloud/LoadBalancerTarget": _SHUT,
    "hcloud/ZoneRrset": _NAME,
    "hcloud/ZoneRecord": _NAME,
    "hcloud/UploadedCertificate": _SHUT,
    "hcloud/ManagedCertificate": _SHUT,
}


def _volumes(change: Change) -> Finding | None:
    """Say what a replica of a service has on disk.

    Nobody has to agree to it: a replica goes with its server, or with those that are too many, and
    both are asked about already.
    """
    volumes = change.old.get("volumes") if change.kind == "coolify/Application" else None
    return Finding(Risk.DATA_LOSS, f"its volumes go: {', '.join(volumes)}") if volumes else None


_STEP = "command/Command"


def of_removal(change: Change) -> list[Finding]:
    """Say what a deletion or a replacement loses."""
    if change.kind == _STEP and change.op is Op.REPLACE:
        return [Finding(Risk.NONE, "the step runs again on the server; nothing there is replaced")]
    found = REFUSED.get(change.kind) or WARNED.get(change.kind) or _volumes(change)
    if found is None or change.old.get(SPARE) is True:
        return []
    how = "it would be replaced" if change.op is Op.REPLACE else "it would be deleted"
    return [Finding(found.risk, f"{how}: {found.why}", found.downtime, found.acknowledge)]
