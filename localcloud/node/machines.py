"""The machines behind the Hetzner API: one systemd container a server, with a real disk."""

from __future__ import annotations

import threading
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from docker.errors import APIError, DockerException

from localcloud.hetzner.machines import MachineError
from localcloud.node import docker_engine
from localcloud.node.archives import File, put_files
from localcloud.node.balancers import Balancers
from localcloud.node.ca import ensure_authority, issue
from localcloud.node.edge import Backend, Edge, Front
from localcloud.node.errors import NodeError
from localcloud.node.execute import execute
from localcloud.node.networks import PrivateNetworks
from localcloud.node.progress import Say, say
from localcloud.node.records import Record, Records
from localcloud.node.redirects import Redirects
from localcloud.node.server_container import ServerContainers
from localcloud.node.storage_boxes import StorageBoxHosts
from localcloud.node.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docker import DockerClient
    from docker.models.containers import Container

    from localcloud.hetzner.load_balancers.spec import BalancerSpec, TargetHealth
    from localcloud.hetzner.machines import InboundRule, Leg, MachineSpec
    from localcloud.hetzner.storage_boxes.spec import BoxSpec
    from localcloud.settings import Instance

_SHUTDOWN_SECONDS = 60
_RUNNING, _FROZEN = "running", "paused"
_ON = frozenset({_RUNNING, _FROZEN})
_DISK = "/usr/local/sbin/server-disk"
_DISK_SCRIPT = Path(__file__).with_name("server_disk.sh")
_REBOOT_EXIT = 129
"""How a container ends whose init asked the kernel to reboot: SIGHUP to its namespace."""


class DockerMachines:
    """Implements `localcloud.hetzner.machines.Machines` on this machine's Docker engine.

    Calls for different servers may run at the same time; those for one server queue up.
    """

    def __init__(
        self, instance: Instance, client: DockerClient | None = None, tell: Say = say
    ) -> None:
        """Needs a running engine, with the instance's network and services up."""
        self._instance = instance
        self._network = instance.prefix
        engine = client or docker_engine.connect()
        self._containers = ServerContainers(engine, instance)
        self._networks = PrivateNetworks(engine, instance)
        self._balancers = Balancers(engine, instance, self._networks)
        self._boxes = StorageBoxHosts(engine, instance)
        self._watch = Watch(engine, instance.name, self._ended)
        self._records = Records(instance.home / "machines")
        self._locks: defaultdict[int, threading.RLock] = defaultdict(threading.RLock)
        self._tell = tell
        redirects = Redirects(instance.prefix) if Redirects.available() else None
        self.edge = Edge(redirects=redirects, tell=tell)
        """The public addresses; to be started and stopped with the event loop."""

    def resume(self) -> None:
        """Switch on what should be on, show every machine to the outside, watch them all.

        To be called once, when the process starts.
        """
        self._watch.start()
        for server_id, record in self._records:
            with self._held(server_id):
                container = self._containers.find(server_id)
                if record.on and container is not None:
                    self._power_on(server_id)
                self._publish(server_id)

    def close(self) -> None:
        """Let go of the machines; they run on."""
        self._watch.stop()

    def create(self, spec: MachineSpec) -> None:
        """See `Machines`."""
        with self._held(spec.id):
            if self._containers.find(spec.id) is None:
                record = Record(spec.ipv4)
                self._containers.create(spec, record.generation)
                self._records.put(spec.id, record)

    def start(self, server_id: int) -> None:
        """See `Machines`."""
        with self._held(server_id):
            self._power_on(server_id)
            self._records.change(server_id, on=True)
            self._publish(server_id)

    def power_off(self, server_id: int) -> None:
        """See `Machines`."""
        self._stop(server_id, lambda container: container.kill())

    def shutdown(self, server_id: int) -> None:
        """See `Machines`. A machine that does not stop within 60 seconds is switched off."""
        with self._held(server_id):
            if self._containers.need(server_id).status != _FROZEN:
                self._stop(server_id, lambda machine: machine.stop(timeout=_SHUTDOWN_SECONDS))

    def reset(self, server_id: int) -> None:
        """See `Machines`."""
        with self._held(server_id):
            self.power_off(server_id)
            self.start(server_id)

    def freeze(self, server_id: int) -> None:
        """See `Machines`. Its kernel, this machine's, still takes connections, as some hangs do."""
        with self._held(server_id):
            container = self._containers.need(server_id)
            if container.status == _RUNNING:
                container.pause()

    def limit_disk(self, server_id: int, mebibytes: int) -> None:
        """See `Machines`."""
        with self._held(server_id):
            container = self._containers.need(server_id)
            put_files(container, [File(_DISK, _DISK_SCRIPT.read_bytes(), 0o755)])
            execute(container, [_DISK, str(mebibytes)], b"")

    def resize(self, server_id: int, cores: int, memory_gb: float, disk_gb: int) -> None:
        """See `Machines`. Its disk has the size that `limit_disk` gave it, or none of its own."""
        del disk_gb
        with self._held(server_id):
            self._containers.resize(server_id, cores, memory_gb)

    def rebuild(self, spec: MachineSpec) -> None:
        """See `Machines`."""
        with self._held(spec.id):
            old = self._records.get(spec.id) or Record(spec.ipv4)
            self._containers.source(spec.image)  # an unknown image must not cost the old disk
            self._containers.remove(spec.id)
            generation = old.generation + 1
            record = Record(spec.ipv4, old.rules, generation=generation, legs=old.legs)
            self._containers.create(spec, record.generation)
            for leg in record.legs:
                self._networks.connect(self._containers.need(spec.id), leg)
            self._records.put(spec.id, record)
            self._publish(spec.id)

    def delete(self, server_id: int) -> None:
        """See `Machines`."""
        with self._held(server_id):
            self._records.drop(server_id)
            self.edge.withdraw(server_id)
            self._containers.remove(server_id)

    def running(self, server_id: int) -> bool:
        """See `Machines`."""
        with _as_machine_error(server_id):
            container = self._containers.find(server_id)
            return container is not None and container.status in _ON

    def set_password(self, server_id: int, password: str) -> None:
        """See `Machines`."""
        with self._held(server_id):
            line = f"root:{password}\n".encode()
            execute(self._containers.need(server_id), ["chpasswd"], line)

    def set_address(self, server_id: int, ipv4: str | None) -> None:
        """See `Machines`."""
        with self._held(server_id):
            self._records.change(server_id, address=ipv4)
            self._publish(server_id)

    def set_firewall(self, server_id: int, rules: tuple[InboundRule, ...] | None) -> None:
        """See `Machines`."""
        with self._held(server_id):
            self._records.change(server_id, rules=rules)
            self._publish(server_id)

    def capture(self, server_id: int, image_id: int) -> float:
        """See `Machines`."""
        with self._held(server_id):
            container, volume = self._containers.need(server_id), self._containers.volume(server_id)
            return self._containers.captures.take(container, volume, image_id)

    def drop_image(self, image_id: int) -> None:
        """See `Machines`."""
        with _as_machine_error(image_id):
            self._containers.captures.drop(image_id)

    def attach_network(self, server_id: int, leg: Leg) -> None:
        """See `Machines`."""
        with self._held(server_id):
            self._networks.connect(self._containers.need(server_id), leg)
            self._records.change(server_id, legs=(*self._legs(server_id, leg.network), leg))

    def detach_network(self, server_id: int, network_id: int) -> None:
        """See `Machines`."""
        with self._held(server_id):
            self._records.change(server_id, legs=self._legs(server_id, network_id))
            self._networks.disconnect(self._containers.need(server_id), network_id)

    def drop_network(self, network_id: int) -> None:
        """See `Machines`."""
        with self._held(network_id):
            self._networks.drop(network_id)

    def apply_balancer(self, spec: BalancerSpec) -> None:
        """See `Machines`."""
        with self._held(spec.id):
            backend = self._balancers.apply(spec)
            self.edge.publish(spec.id, Front(spec.ipv4, None, backend))

    def delete_balancer(self, balancer_id: int) -> None:
        """See `Machines`."""
        with self._held(balancer_id):
            self.edge.withdraw(balancer_id)
            self._balancers.delete(balancer_id)

    def issue_certificate(self, names: tuple[str, ...]) -> tuple[str, str]:
        """See `Machines`."""
        pair = issue(ensure_authority(self._instance), names)
        return pair.certificate.decode(), pair.key.decode()

    def balancer_health(self, balancer_id: int) -> tuple[TargetHealth, ...]:
        """See `Machines`."""
        with _as_machine_error(balancer_id):
            return self._balancers.health(balancer_id)

    def apply_storage_box(self, spec: BoxSpec) -> None:
        """See `Machines`."""
        with self._held(spec.id):
            self._boxes.apply(spec)

    def delete_storage_box(self, box_id: int) -> None:
        """See `Machines`."""
        with self._held(box_id):
            self._boxes.delete(box_id)

    def storage_box_used(self, box_id: int) -> int:
        """See `Machines`."""
        with _as_machine_error(box_id):
            return self._boxes.used(box_id)

    @contextmanager
    def _held(self, server_id: int) -> Iterator[None]:
        with self._locks[server_id], _as_machine_error(server_id):
            yield

    def _power_on(self, server_id: int) -> None:
        container = self._containers.need(server_id)
        if container.status == _FROZEN:
            return
        container.start()
        for leg in self._legs(server_id):
            self._networks.configure(container, leg)

    def _legs(self, server_id: int, but: int | None = None) -> tuple[Leg, ...]:
        """Its interfaces in private networks, all or all but that in one network."""
        record = self._records.get(server_id) or Record(None)
        return tuple(leg for leg in record.legs if leg.network != but)

    def _stop(self, server_id: int, by: Callable[[Container], None]) -> None:
        with self._held(server_id):
            self._records.change(server_id, on=False)
            container = self._containers.need(server_id)
            if container.status in _ON:
                by(container)
            self._publish(server_id)

    def _ended(self, server_id: int, exit_code: int) -> None:
        """A machine went down: boots it again if that is what it asked for from inside."""
        try:
            with self._held(server_id):
                record = self._records.get(server_id)
                if record is None or self.running(server_id):
                    return
                if record.on and exit_code == _REBOOT_EXIT:
                    self._power_on(server_id)
                self._publish(server_id)
        except MachineError as error:
            self._tell(f"server {server_id} went down and did not boot again: {error}")

    def _publish(self, server_id: int) -> None:
        record = self._records.get(server_id)
        if record is not None:
            backend = self._backend(server_id)
            self.edge.publish(server_id, Front(record.address, record.rules, backend))

    def _backend(self, server_id: int) -> Backend | None:
        container = self._containers.find(server_id)
        if container is None or container.status not in _ON:
            return None
        networks = container.attrs["NetworkSettings"]["Networks"]
        return Backend(networks[self._network]["IPAddress"], container.attrs["State"]["Pid"])


@contextmanager
def _as_machine_error(number: int) -> Iterator[None]:
    """The errors of the engine and of this package, as the API expects them."""
    try:
        yield
    except NodeError as error:
        raise MachineError(str(error)) from error
    except APIError as error:
        raise MachineError(f"the Docker engine refused ({number}): {error.explanation}") from error
    except (DockerException, OSError) as error:
        # An engine that is busy answers late, which the SDK tells as an error of its connection.
        raise MachineError(f"the Docker engine failed ({number}): {error}") from error
