"""Real servers of both majors, a real repository, and a dump program that works with them."""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from agent import libpq
from agent.dumps import config, dump, main, manifest, postgres, restore, status, verify
from agent.dumps.config import Config
from agent.dumps.postgres import Database
from agent.dumps.restic import Restic
from tests.postgres import DOUBLE, MAJORS, Server, install, server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agent.dumps.manifest import Manifest

_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Servers:
    """Of one major: a project with an app, another project, and a server with nothing in it."""

    source: Server
    project: Server
    bare: Server


@contextmanager
def _servers(major: int) -> Iterator[Servers]:
    with (
        server(major, project=True) as source,
        server(major, project=True) as project,
        server(major) as bare,
    ):
        yield Servers(source, project, bare)


@pytest.fixture(scope="session")
def servers_of() -> Iterator[Any]:
    """The servers by their major; each is started when it is asked for first."""
    made: dict[int, tuple[Any, Servers]] = {}

    def of(major: int) -> Servers:
        if major not in made:
            manager = _servers(major)
            made[major] = (manager, manager.__enter__())
        return made[major][1]

    yield of
    for manager, _ in made.values():
        manager.__exit__(None, None, None)


@pytest.fixture(params=MAJORS, ids=lambda major: f"pg{major}")
def servers(request: pytest.FixtureRequest, servers_of: Any) -> Servers:  # noqa: ANN401
    """The servers of each major version in turn."""
    found: Servers = servers_of(request.param)
    return found


@dataclass
class Place:
    """One database of a server, made for a test."""

    server: Server
    name: str
    user: str

    @property
    def url(self) -> str:
        """As the settings have it."""
        return self.server.url(self.name, self.user)

    def sql(self, text: str, user: str | None = None) -> list[Any]:
        """By its owner, or another."""
        return self.server.sql(text, self.name, user or self.user)

    def admin(self, text: str) -> list[Any]:
        """By the server's superuser."""
        return self.server.sql(text, self.name)

    def tables(self) -> dict[str, list[Any]]:
        """Every row of every table of the app, as text, in order."""
        names = self.admin(
            "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname not like"
            " 'pg\\_%' and schemaname not in ('information_schema', 'nutri_operations', 'auth',"
            " 'storage', 'realtime', 'vault', 'cron', 'graphql', 'extensions') order by 1"
        )
        return {n: self.admin(f"select t::text from {n} t order by 1") for (n,) in names}


@dataclass
class Dumper:
    """The dump program, set up for one source."""

    servers: Servers
    config: Config
    restic: Restic
    made: list[tuple[Server, str]] = field(default_factory=list)
    scratched: Place | None = None
    """The scratch database of the last proof, which a test may look into."""

    @property
    def source(self) -> Place:
        """The database that is dumped."""
        return Place(self._server, Database(self.config.database_url).name, "postgres")

    @property
    def _server(self) -> Server:
        port = libpq.environment(self.config.database_url)["PGPORT"]
        known = (self.servers.source, self.servers.project, self.servers.bare)
        return next(one for one in known if str(one.port) == port)

    def take(self) -> Manifest:
        """A dump."""
        return dump.take(self.config, self.restic)

    def restore(self, place: Place, **wish: Any) -> restore.Restored:  # noqa: ANN401
        """Bring the newest dump to a database."""
        return restore.restore(self.restic, Database(place.url), restore.Wish(**wish))

    def prove(self) -> dict[str, Any]:
        """Prove it in a scratch database."""
        return verify.verify(self.config, self.restic)

    def project(self) -> Place:
        """A new project."""
        return self._place(self.servers.project, project=True)

    def bare(self) -> Place:
        """A database with nothing in it, on a server that is none of the vendor's."""
        return self._place(self.servers.bare, project=False)

    def _place(self, where: Server, *, project: bool) -> Place:
        name = database(where, project=project)
        self.made.append((where, name))
        return Place(where, name, "postgres")


def database(where: Server, *, project: bool) -> str:
    """A database more; `project`: with all that the vendor puts there."""
    name = f"app{next(_NUMBERS)}"
    where.sql(f"create database {name}")
    if project:
        where.run_file(DOUBLE / "platform.sql", name)
    return name


@pytest.fixture(scope="session")
def binaries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clients of both majors, where a server has them."""
    folder = tmp_path_factory.mktemp("postgresql")
    for major in MAJORS:
        (folder / str(major)).mkdir()
        (folder / str(major) / "bin").symlink_to(install(major).bin)
    return folder


def set_up(folder: Path, binaries: Path, patch: pytest.MonkeyPatch) -> None:
    """A server's folders, empty, and the clients of both majors."""
    patch.setattr(config, "FOLDER", folder / "etc")
    patch.setattr(status, "_folder", [folder / "state"])
    patch.setattr(manifest, "FOLDER", str(folder / "state" / "manifest"))
    patch.setattr(postgres, "_BINARIES", binaries)
    patch.setenv("NUTRI_DUMPS_CACHE", str(folder / "cache"))
    (folder / "etc").mkdir()
    (folder / "etc" / "password").write_text("a password")


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, binaries: Path) -> Path:
    """A server's folders, empty."""
    set_up(tmp_path, binaries, monkeypatch)
    return tmp_path


@contextmanager
def dumping(servers: Servers, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Dumper]:
    """The program with a project of its own, empty, and a repository."""
    name = database(servers.source, project=True)
    url = servers.source.url(name, "postgres")
    made = Config(str(folder / "repository"), url, "postgres:{major}")
    restic = Restic(made)
    restic.init()
    there = Dumper(servers, made, restic, [(servers.source, name)])

    @contextmanager
    def scratch(_image: str, _major: int) -> Iterator[Database]:
        there.scratched = there.bare()
        yield Database(there.scratched.url, label="the scratch database")

    for module in (verify, main):
        patch.setattr(module, "scratch", scratch)
    yield there
    for where, one in there.made:
        where.sql(f"drop database {one} with (force)")
    _without_roles(servers)


@pytest.fixture
def dumper(servers: Servers, folders: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dumper]:
    """The program, for one test."""
    with dumping(servers, folders, monkeypatch) as made:
        yield made


def _without_roles(servers: Servers) -> None:
    """Roles are the server's, not the database's: the next test begins without the app's."""
    known = "'supabase\\_%', 'pg\\_%'"
    for where in (servers.source, servers.project, servers.bare):
        for (role,) in where.sql(
            f"select rolname from pg_roles where not rolname like any (array[{known}]) and rolname"
            " not in ('postgres', 'anon', 'authenticated', 'service_role', 'authenticator',"
            " 'dashboard_user', 'pgbouncer')"
        ):
            where.sql(f'drop role "{role}"')
