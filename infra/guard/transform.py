"""The guard in a bare `pulumi up`: losses happen only when they were acknowledged.

It judges by the engine's own resource hooks, which run in previews too, so that a refusal comes
before anything is touched. Which hook fires when, and why each is needed, is in docs/guard.md.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi

from common import changes
from common.changes import Acknowledgements, Change, Finding, Op
from common.errors import OperatorError
from infra.guard import ssh_lockout
from infra.servers.addresses import address_name
from infra.servers.refusals import FirstServer, Refused, is_address, is_refusal, served
from infra.servers.resize import Resizes
from infra.state import known_urns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from config.settings import Settings
    from infra.servers.tiers import Choice

FIRST = "server"
"""Name of the first server's resource."""
REPORT = "NUTRI_GUARD"
"""Environment variable; `report` lets a preview through, for `runbook plan` to judge it whole."""


class GuardError(OperatorError):
    """A change would lose something that nobody agreed to lose."""


def install(settings: Settings, choice: Choice, server: str) -> None:
    """Guard every resource that is made from here on; `server` is the first one's name."""
    _keep_in_reach()
    endpoint, token = settings.hcloud_endpoint, settings.hcloud_token.get_secret_value()
    install_with(
        Acknowledgements(
            settings.acknowledge, protect=settings.protect, window=settings.maintenance_window
        ),
        Resizes(endpoint, token, settings.resize_backup_hours),
        FirstServer(
            endpoint,
            token,
            address_name(server),
            choice.refused,
            served=lambda: served(choice),
        ),
    )


def _keep_in_reach() -> None:
    """Let hooks import what they need: they run on when the program has ended.

    The engine's host has taken the program's folder off the path by then.
    """
    folder = str(Path(__file__).absolute().parents[2])
    if folder not in sys.path[1:]:
        sys.path.append(folder)


def install_with(
    acknowledgements: Acknowledgements, resizes: Resizes, first: FirstServer | None = None
) -> None:
    """Guard every resource that is made from here on.

    Args:
        acknowledgements: what was agreed to, and when a server may be resized.
        resizes: Hetzner's API.
        first: the first server, whose addresses wait for it; None: all addresses are held.
    """
    reporting = os.environ.get(REPORT) == "report" and pulumi.runtime.is_dry_run()
    guard = Guard(acknowledgements, resizes, first=first, reporting=reporting)
    pulumi.runtime.register_stack_transformation(unprotect if reporting else guard.attach)
    if guard.acknowledgements.given and not reporting:
        atexit.register(guard.say_what_is_left)


def unprotect(
    args: pulumi.ResourceTransformationArgs,
) -> pulumi.ResourceTransformationResult | None:
    """Let a preview show what the engine would refuse at once for a protected resource."""
    if not changes.is_guarded(args.type_):
        return None
    return _with(args, pulumi.ResourceOptions(protect=False))


class Guard:
    """The hooks of one run of the program."""

    def __init__(  # noqa: PLR0913 - all but two have a default
        self,
        acknowledgements: Acknowledgements,
        resizes: Resizes,
        exists: Callable[[str], bool] = lambda urn: urn in known_urns(),
        *,
        first: FirstServer | None = None,
        reporting: bool = False,
        shut_out: Callable[[Change], list[Finding]] = ssh_lockout.shut_out,
    ) -> None:
        self._shut_out = shut_out
        self.acknowledgements = acknowledgements
        self._resizes = resizes
        self._first = first
        self._shut_down: set[str] = set()
        # The hooks of a deletion are those in the state, so they are called all the same.
        self._reporting = reporting
        self._exists = exists
        self._used: set[str] = set()
        self._refused = False
        in_previews = pulumi.ResourceHookOptions(on_dry_run=True)
        # The state keeps these names: a resource made today is deleted by them in a year.
        self._create = pulumi.ResourceHook("guard:create", self.before_create, in_previews)
        self._update = pulumi.ResourceHook("guard:update", self.before_update, in_previews)
        self._delete = pulumi.ResourceHook("guard:delete", self.before_delete, in_previews)
        self._updated = pulumi.ResourceHook("guard:updated", self.after_update)
        self._error = pulumi.ErrorHook("guard:error", self.on_error)

    def attach(
        self, args: pulumi.ResourceTransformationArgs
    ) -> pulumi.ResourceTransformationResult | None:
        """Bind the hooks a resource needs."""
        if args.props.get(changes.SPARE) is True:
            return None
        if changes.is_guarded(args.type_):
            return _with(args, self._guarded(args.name, args.type_))
        if changes.is_watched(args.type_):
            hooks = pulumi.ResourceHookBinding(before_update=[self._update])
            return _with(args, pulumi.ResourceOptions(hooks=hooks))
        return None

    def _guarded(self, name: str, type_token: str) -> pulumi.ResourceOptions:
        hooks = pulumi.ResourceHookBinding(
            before_create=[self._create],
            before_update=[self._update],
            after_update=[self._updated],
            on_error=[] if self._may_all_go() else [self._error],
            # Without delete hooks a plain `pulumi destroy` works, and all has been agreed to.
            before_delete=[] if self._may_all_go() else [self._delete],
        )
        return pulumi.ResourceOptions(
            hooks=hooks, delete_before_replace=self._deletes_first(name, type_token)
        )

    def _deletes_first(self, name: str, type_token: str) -> bool | None:
        """Whether a replaced resource goes before its successor comes; None: as the provider does.

        The provider deletes a server first, since its name is taken, and before it all that hangs
        on it; an address it does not, and fails. Creating first lets `before_create` refuse while
        nothing is gone yet.
        """
        if not self.acknowledgements.cover(name, "delete") and not self._is_free(type_token):
            return False
        return True if is_address(type_token) else None

    def _may_all_go(self) -> bool:
        return changes.ALL_DELETED in self.acknowledgements.given

    def _is_free(self, type_token: str) -> bool:
        return self._first is not None and self._first.frees(type_token)

    def before_create(self, args: pulumi.ResourceHookArgs) -> None:
        """Refuse a replacement: the creation of what exists already.

        Raises:
            GuardError: nobody agreed.
        """
        if self.acknowledgements.cover(args.name, "delete") or self._is_free(args.type):
            return
        if self._exists(args.urn):
            self._judge(Change(Op.REPLACE, args.type, args.name))

    async def before_update(self, args: pulumi.ResourceHookArgs) -> None:
        """Refuse an update that loses something, warn of one that hurts.

        Raises:
            GuardError: nobody agreed.
        """
        inputs, new = await _plain(args.old_inputs), await _plain(args.new_inputs)
        old = inputs | await _plain(args.old_outputs)
        changed = changes.changed_keys(inputs, new)
        change = Change(Op.UPDATE, args.type, args.name, old, new, changed)
        resize = [one for one in changes.classify(change) if one.in_window]
        backup = await self._backup_problem(args.id, resize)
        shut = [] if self._reporting else await asyncio.to_thread(self._shut_out, change)
        self._judge(change, backup, shut)
        if resize and not pulumi.runtime.is_dry_run():
            # The provider would cut the power; what is off already it leaves alone.
            self._shut_down.add(args.urn)
            await asyncio.to_thread(self._resizes.shut_down, int(args.id))

    async def _backup_problem(self, server: str, resize: list[Finding]) -> str | None:
        """Say what is wrong with the backups of a server, where a resize needs one."""
        if self._reporting or not any(one.needs_backup for one in resize):
            return None
        return await asyncio.to_thread(self._resizes.backup_problem, int(server))

    def after_update(self, args: pulumi.ResourceHookArgs) -> None:
        """Forget a server that came through: Hetzner's API starts it after a resize."""
        self._shut_down.discard(args.urn)

    async def on_error(self, args: pulumi.ErrorHookArgs) -> bool:
        """Start a server again whose resize failed; never try the change a second time."""
        if args.urn in self._shut_down:
            self._shut_down.discard(args.urn)
            pulumi.log.warn(f"{args.name}: the change failed; the server is started as it was")
            await asyncio.to_thread(self._resizes.start, int(args.id))
        elif self._first and args.failed_operation == "create":
            await self._note_refusal(self._first, args)
        return False

    async def _note_refusal(self, first: FirstServer, args: pulumi.ErrorHookArgs) -> None:
        """Have the next run look past a server that was not to be had."""
        wanted = await _plain(args.new_inputs)
        if args.name != FIRST or not is_refusal(" ".join(args.errors)):
            return
        refused = Refused(str(wanted.get("location")), str(wanted.get("serverType")))
        await asyncio.to_thread(first.note, refused)
        pulumi.log.warn(
            f"Hetzner has no {refused.server_type} in {refused.location} just now, although its "
            "catalogue offers it: `pulumi up` again takes the next type of the tier, then the next "
            "of nutri:locationFallbacks; addresses that wait for the server follow it"
        )

    async def before_delete(self, args: pulumi.ResourceHookArgs) -> None:
        """Refuse a deletion, also one that is the second half of a replacement.

        Raises:
            GuardError: nobody agreed.
        """
        if self._first and self._is_free(args.type):
            if not pulumi.runtime.is_dry_run():
                await asyncio.to_thread(self._first.release, int(args.id))
            return
        self._judge(Change(Op.DELETE, args.type, args.name))

    def _judge(
        self, change: Change, problem: str | None = None, more: Sequence[Finding] = ()
    ) -> None:
        if self._reporting:
            return
        findings = (*more, *changes.classify(change))
        for finding in findings:
            self._note_use(change, finding)
        lacking = [f for f in findings if self.acknowledgements.missing(change, f)]
        if lacking or problem:
            self._refused = True
            raise GuardError(self._refusal(change, lacking, problem))
        for finding in findings:
            if finding.risk.severity:
                pulumi.log.warn(f"{change.name}: {_say(finding)}")

    def _note_use(self, change: Change, finding: Finding) -> None:
        entry = finding.acknowledge and self.acknowledgements.entry(
            change.name, finding.acknowledge
        )
        if entry:
            self._used.add(entry)

    def _refusal(self, change: Change, lacking: list[Finding], problem: str | None) -> str:
        given = len(self.acknowledgements.given)
        entries = [str(self.acknowledgements.missing(change, f)) for f in lacking]
        remedies = [changes.remedy(entry, given + n) for n, entry in enumerate(entries)]
        lines = [f"refused, {change.name} was not touched:"]
        lines += [f"  - {_say(finding)}" for finding in lacking]
        lines += [f"  - {problem}"] if problem else []
        if any(one.in_window for one in lacking):
            lines.append(f"It may happen {self.acknowledgements.window}, the maintenance window.")
        if lacking:
            lines.append(
                "If that is what you want, acknowledge it, and take it back once it is done:"
            )
        return "\n".join([*lines, *(f"  {line}" for line in remedies)])

    def say_what_is_left(self) -> None:
        """Warn of acknowledgements that are spent or agree to nothing: they are open doors."""
        if self._refused:
            return
        for entry in self.acknowledgements.stale(frozenset(self._used)):
            pulumi.log.warn(changes.open_door(entry))
        if not pulumi.runtime.is_dry_run():
            for entry in sorted(self._used):
                pulumi.log.warn(f"{entry} is spent; {changes.TAKE_OUT}")


def _say(finding: Finding) -> str:
    away = f", {finding.downtime} of downtime" if finding.downtime else ""
    return f"{finding.why} ({finding.risk}{away})"


def _with(
    args: pulumi.ResourceTransformationArgs, opts: pulumi.ResourceOptions
) -> pulumi.ResourceTransformationResult:
    merged = pulumi.ResourceOptions.merge(args.opts, opts)
    return pulumi.ResourceTransformationResult(props=args.props, opts=merged)


async def _plain(properties: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return properties without the wrapping that marks secrets."""
    return {key: await _revealed(value) for key, value in (properties or {}).items()}


async def _revealed(value: Any) -> Any:  # noqa: ANN401 - a property of any shape
    return await value.future() if isinstance(value, pulumi.Output) else value
