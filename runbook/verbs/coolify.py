"""`runbook coolify`."""

from __future__ import annotations

import contextlib
import signal
from typing import Annotated

import typer

from common.errors import OperatorError
from runbook import options, output, servers
from runbook.app import group, verb
from runbook.stack import load_target

coolify_group = group("coolify", "Coolify's own dashboard, which is shut to the world.")


@verb("open", procedure="Q1", example="coolify open --login", within=coolify_group)
def open_dashboard(
    port: Annotated[
        int, typer.Option("--port", min=1024, max=65535, help="On this machine's loopback address.")
    ] = 8000,
    login: Annotated[
        bool, typer.Option("--login", help="Also print the login that it was set up with.")
    ] = False,
    stack: options.Stack = None,
) -> None:
    """Lead a port of this machine to Coolify's dashboard, until Ctrl-C.

    What you change there by hand is drift: `runbook check drift` tells it, `pulumi up` undoes it.
    """
    target = load_target(stack)
    if login and target.coolify.password is None:
        raise OperatorError("the stack's outputs do not tell the login yet: `pulumi up`")
    with (
        servers.connect(target.servers[0]) as client,
        client.forward(port, target.coolify.port),
    ):
        output.say(f"Coolify is at http://127.0.0.1:{port} until Ctrl-C")
        if login and target.coolify.password:
            typer.echo(f"e-mail    {target.coolify.email}")
            typer.echo(f"password  {target.coolify.password.get_secret_value()}")
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()
    output.say("closed")
