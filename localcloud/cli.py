"""The command line of the local cloud."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
from typing import TYPE_CHECKING, Annotated, Any

import typer

from localcloud import home, lifecycle, process
from localcloud.errors import LocalCloudError
from localcloud.settings import Instance

if TYPE_CHECKING:
    from pathlib import Path

app = typer.Typer(
    help="The local double of the cloud: real servers on this machine behind Hetzner's API.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_OPTIONS = {
    "name": "LOCALCLOUD_NAME",
    "home": "LOCALCLOUD_HOME",
    "port": "LOCALCLOUD_PORT",
    "dns_port": "LOCALCLOUD_DNS_PORT",
    "block": "LOCALCLOUD_BLOCK",
}


def main() -> None:
    """Run the command line; an error of the user is one line and exit code 1."""
    try:
        app()
    except LocalCloudError as error:
        sys.stderr.write(f"localcloud: {error}\n")
        sys.exit(1)
    except Exception as error:
        if not _is_of_docker(error):
            raise
        remedy = "look at `docker info`, restart the engine, and run the same command again"
        sys.stderr.write(f"localcloud: the Docker engine failed: {error}\n{remedy}\n")
        sys.exit(1)


def _is_of_docker(error: Exception) -> bool:
    """Whether an error is the engine's, told without importing its slow client."""
    return type(error).__module__.partition(".")[0] in {"docker", "requests"}


@app.callback()
def choose(  # noqa: PLR0913, PLR0917 one parameter an option
    context: typer.Context,
    name: Annotated[str | None, typer.Option(help="Name; LOCALCLOUD_NAME, nutri.")] = None,
    home: Annotated[str | None, typer.Option(help="State; LOCALCLOUD_HOME.")] = None,
    port: Annotated[str | None, typer.Option(help="API; LOCALCLOUD_PORT, 8421.")] = None,
    dns_port: Annotated[str | None, typer.Option(help="DNS; LOCALCLOUD_DNS_PORT, 8453.")] = None,
    block: Annotated[str | None, typer.Option(help="127.<block>; LOCALCLOUD_BLOCK, 10.")] = None,
) -> None:
    """Say which local cloud is meant; every option has an environment variable."""
    given = {"name": name, "home": home, "port": port, "dns_port": dns_port, "block": block}
    chosen = {_OPTIONS[key]: value for key, value in given.items() if value is not None}
    context.obj = Instance.from_env({**os.environ, **chosen})


@app.command()
def up(
    context: typer.Context,
    foreground: Annotated[bool, typer.Option(help="Stay, and log here.")] = False,
) -> None:
    """Bring the local cloud up, with the servers that ran; fast if it is up."""
    (lifecycle.foreground if foreground else lifecycle.up)(context.obj, _tell)


@app.command()
def down(
    context: typer.Context,
    images: Annotated[bool, typer.Option(help="Remove the built images too.")] = False,
) -> None:
    """Stop it and remove everything it made; the built images stay."""
    lifecycle.down(context.obj, _tell, images=images)


@app.command()
def status(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Show servers, addresses and services."""
    found = _running(context.obj)
    found["services"] = _services(context.obj)
    _tell(json.dumps(found, indent=2)) if as_json else _table(found)


@app.command()
def reset(context: typer.Context) -> None:
    """Remove every server and forget everything; the services stay."""
    _running(context.obj)
    _turn(context.obj, "/reset")
    _tell("everything is forgotten")


@app.command()
def freeze(
    context: typer.Context, server: Annotated[str, typer.Argument(help="Name or id.")]
) -> None:
    """Hang a server: the API says it runs, nothing in it answers; a power reset heals it."""
    number = _server_id(context.obj, server)
    _turn(context.obj, f"/servers/{number}/freeze")
    _tell(f"server {server} hangs; reset it to heal it")


@app.command()
def bucket(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Its name.")],
    trouble: Annotated[
        str, typer.Option(help="What is wrong with all buckets: none, refused, login, full.")
    ] = "none",
) -> None:
    """Make a bucket, as Hetzner's console does; the first one builds the S3 server."""
    _running(context.obj)
    from localcloud.node import docker_engine, object_storage  # noqa: PLC0415 a slow import

    kinds = {str(kind): kind for kind in object_storage.Trouble}
    if trouble not in kinds:
        raise LocalCloudError(f"there is no trouble {trouble!r}; there are: {', '.join(kinds)}")
    storage = object_storage.ObjectStorage(docker_engine.connect(), context.obj)
    url = storage.add_bucket(name)
    storage.set_trouble(kinds[trouble])
    _tell(f"nutri:dumpRepository  s3:{url}/nutri")
    _tell(f"nutri:dumpKeyId       {object_storage.KEY_ID}")
    _tell(f"nutri:dumpKeySecret   {object_storage.SECRET}")
    _tell(f"PULUMI_BACKEND_URL    {storage.backend(name)}")
    _tell(f"AWS_CA_BUNDLE         {context.obj.home / 'ca.crt'}")


@app.command()
def acme(
    context: typer.Context,
    trouble: Annotated[
        str, typer.Argument(help="What is wrong with it: none, unreachable, limited, unled.")
    ],
    forget: Annotated[
        bool, typer.Option("--forget", help="Forget which validations failed in the last hour.")
    ] = False,
) -> None:
    """Have something be wrong with the double of Let's Encrypt, or nothing."""
    _running(context.obj)
    from localcloud.node import acme as server  # noqa: PLC0415 a slow import
    from localcloud.node import docker_engine  # noqa: PLC0415 a slow import

    kinds = {str(kind): kind for kind in server.Trouble}
    if trouble not in kinds:
        raise LocalCloudError(f"there is no trouble {trouble!r}; there are: {', '.join(kinds)}")
    client = docker_engine.connect()
    server.set_trouble(client, context.obj, kinds[trouble])
    if forget:
        server.forget_failures(client, context.obj)
    _tell(f"trouble with certificates: {trouble}")


@app.command()
def logs(
    context: typer.Context,
    server: Annotated[str | None, typer.Argument(help="Name or id of a server.")] = None,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Wait for more.")] = False,
    lines: Annotated[int, typer.Option("-n", "--lines", help="How many to begin with.")] = 100,
) -> None:
    """Show the log of the local cloud, or the journal of a server."""
    instance: Instance = context.obj
    options = ["-n", str(lines), *(["-f"] if follow else [])]
    if server is None:
        command = ["tail", *options, str(_log(instance))]
    else:
        container = f"{instance.prefix}-server-{_server_id(instance, server)}"
        command = ["docker", "exec", container, "journalctl", "--no-pager", *options]
    sys.exit(subprocess.run(command, check=False).returncode)


@app.command(hidden=True)
def serve(context: typer.Context) -> None:
    """Run the process itself, without the services; `up` starts it."""
    from localcloud.server import serve as run  # noqa: PLC0415 a slow import

    home.prepare(context.obj)
    run(context.obj)


def _running(instance: Instance) -> dict[str, Any]:
    found = process.status(instance)
    if found is None:
        raise LocalCloudError(
            f"the local cloud {instance.name!r} is not up (nothing answers on port "
            f"{instance.api_port}): run `python -m localcloud up`"
        )
    return found


def _turn(instance: Instance, knob: str) -> None:
    try:
        process.call(instance, "POST", knob)
    except urllib.error.HTTPError as error:
        said = json.loads(error.read())["error"]["message"]
        raise LocalCloudError(f"the local cloud {instance.name!r} could not: {said}") from None


def _log(instance: Instance) -> Path:
    log = process.log_file(instance)
    if not log.exists():
        raise LocalCloudError(f"there is no log yet: {log} is not there before the first `up`")
    return log


def _server_id(instance: Instance, key: str) -> int:
    servers = _running(instance)["servers"]
    for server in servers:
        if key in {server["name"], str(server["id"])}:
            return int(server["id"])
    names = ", ".join(server["name"] for server in servers) or "none"
    raise LocalCloudError(f"there is no server {key!r}; there are: {names}")


def _services(instance: Instance) -> list[dict[str, str]]:
    from localcloud.cleanup import services_of  # noqa: PLC0415 a slow import

    return [{"name": str(one.name), "status": str(one.status)} for one in services_of(instance)]


def _table(found: dict[str, Any]) -> None:
    _tell(f"local cloud {found['name']!r}: {found['endpoint']}, DNS on port {found['dns_port']}")
    columns = ("id", "name", "status", "type", "location", "ipv4")
    rows = [columns, *([str(one[key] or "-") for key in columns] for one in found["servers"])]
    widths = [max(len(row[position]) for row in rows) for position in range(len(columns))]
    for row in rows if found["servers"] else ():
        _tell(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )
    if not found["servers"]:
        _tell("no servers")
    for service in found["services"]:
        _tell(f"service {service['name']}: {service['status']}")


def _tell(line: str) -> None:
    typer.echo(line)
