"""The kinds of dynamic resources: the key each one's provider is kept under in a stack's state.

The engine keeps a provider in the state, as a pickle, and runs what it kept: to refresh, to compare
and to delete, long after the program has changed. So a provider is kept as a call of `provider`
with its kind, not by the path of its class. This module's path, that function's name and the kinds
are state format: they stay as they are. Where a class is, is told by the table, and may change.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING

from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from pulumi.dynamic import ResourceProvider

KINDS = {
    "coolify.application": "infra.coolify.application:_ApplicationProvider",
    "coolify.instance": "infra.coolify.instance:_InstanceProvider",
    "coolify.project": "infra.coolify.project:_ProjectProvider",
    "coolify.proxy": "infra.coolify.proxy:_ProxyProvider",
    "coolify.replicas": "infra.coolify.prune_replicas:_ReplicasProvider",
    "coolify.server": "infra.coolify.server:_ServerProvider",
    "key-pair": "infra.servers.keys:_KeyPairProvider",
    "maintenance.page": "infra.ingress.maintenance.resource:_PageProvider",
    "random-secret": "infra.servers.keys:_RandomSecretProvider",
    "reachable": "infra.servers.reachable:_ReachableProvider",
    "rotation": "infra.ingress.lb_targets:_RotationProvider",
    "taken-name": "infra.ingress.taken_names:_TakenNameProvider",
    "verification": "infra.verification:_VerificationProvider",
}
"""Where the provider of each kind is now, as `module:class`."""

_FORMER = {
    "infra.coolify.application": {"_ApplicationProvider": "coolify.application"},
    "infra.coolify.instance": {"_InstanceProvider": "coolify.instance"},
    "infra.coolify.project": {"_ProjectProvider": "coolify.project"},
    "infra.coolify.proxy": {"_ProxyProvider": "coolify.proxy"},
    "infra.coolify.replicas": {"_ReplicasProvider": "coolify.replicas"},
    "infra.coolify.server": {"_ServerProvider": "coolify.server"},
    "infra.keys": {"_KeyPairProvider": "key-pair", "_RandomSecretProvider": "random-secret"},
    "infra.maintenance.resource": {"_PageProvider": "maintenance.page"},
    "infra.names": {"_TakenNameProvider": "taken-name"},
    "infra.rotation": {"_RotationProvider": "rotation"},
    "infra.verification": {"_VerificationProvider": "verification"},
}
"""Module and class under which states name providers that were kept before there were kinds."""


def provider(kind: str) -> ResourceProvider:
    """Return the provider of a kind: what a provider kept in a state is made from.

    Raises:
        OperatorError: the state was written by a program that knows more kinds than this one.
    """
    made: ResourceProvider = _class(kind)()
    return made


def kind_of(cls: type) -> str:
    """Return the kind of a provider's class.

    Raises:
        TypeError: it has none yet.
    """
    path = f"{cls.__module__}:{cls.__qualname__}"
    for kind, known in KINDS.items():
        if known == path:
            return kind
    raise TypeError(f"{path} has no kind; give it one in infra/kinds.py, for good")


def _modules() -> set[str]:
    return {path.partition(":")[0] for path in KINDS.values()}


def _class(kind: str) -> type[ResourceProvider]:
    if kind not in KINDS:
        raise OperatorError(
            f"the state holds a resource of the kind {kind!r}, which this program does not know; "
            "use the version of the program that wrote the state, or a newer one"
        )
    module, _, name = KINDS[kind].partition(":")
    found: type[ResourceProvider] = getattr(import_module(module), name)
    return found


class FormerPaths:
    """An importer, asked last, of the modules that providers were in before they had kinds.

    It answers for those that are gone; so a module may be renamed or moved, and states that name
    the old one are read all the same.
    """

    @staticmethod
    def find_spec(
        name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Tell the import system whether this module is one of those, or a folder of one."""
        if name in _FORMER and name not in _modules():
            return ModuleSpec(name, FormerPaths())  # type: ignore[arg-type]
        folder = any(path.startswith(f"{name}.") for path in _FORMER)
        return ModuleSpec(name, FormerPaths(), is_package=True) if folder else None  # type: ignore[arg-type]

    @staticmethod
    def create_module(_spec: ModuleSpec) -> None:
        """Let the import system make the module."""

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        """Give the module its former classes, each looked up once it is asked for."""
        if module.__name__ in _FORMER:
            vars(module)["__getattr__"] = _looker(module.__name__)

    @classmethod
    def install(cls) -> None:
        """Have the import system ask here last, once."""
        if cls not in sys.meta_path:
            sys.meta_path.append(cls)


def _looker(module: str) -> Callable[[str], type[ResourceProvider]]:
    def look(name: str) -> type[ResourceProvider]:
        if name not in _FORMER[module]:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        return _class(_FORMER[module][name])

    return look
