"""The stand-in for `pulumi`, as the CLI's other tests have it."""

from __future__ import annotations

from tests.unit.runbook.conftest import outputs, pulumi, run, server, stack

__all__ = ["outputs", "pulumi", "run", "server", "stack"]
