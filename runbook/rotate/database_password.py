"""The database's password: in the URLs of the app, of migrations, checks and dumps."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from clients import postgres
from clients.dns import Resolver
from clients.http import trust
from clients.supabase import Supabase
from common.errors import OperatorError
from common.waiting import NotYetError, wait_until
from runbook import dumps, output
from runbook.monitor import watching
from runbook.rotate.journal import Pair
from runbook.rotate.rotation import RotationError, Step
from runbook.rotate.values import made

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from common.target import DatabaseTarget
    from runbook.rotate.scene import Scene

KIND = "database-password"
_SETTINGS = ("nutri:databaseUrl", "nutri:databaseDirectUrl")
_KNOWN_SECONDS = 90.0
_KNOWN_INTERVAL = 3.0
_RATE = 20.0


class DatabasePassword:
    """A role has one password: it is changed, and at once the services are rolled with it.

    Connections that are open stay open. A replica that opens a new one between the change and its
    own turn is refused, so the way through is watched, and what was dropped is told.
    """

    secret = KIND
    old_works = False

    def __init__(self, scene: Scene, value: Callable[[], str] = made) -> None:
        self._scene = scene
        self._value = value
        self._journal = scene.journal(KIND)
        self._pair = self._journal.read()

    def steps(self) -> Sequence[Step]:
        """See `Rotation`."""
        return (
            Step("a new password", self._begin),
            Step("the database has it", self._change),
            Step("in the config", self._configure),
            Step("every replica rolled", self._roll),
            Step("dumps", self._dumps),
            Step("the old one refused", self._prove),
        )

    @staticmethod
    def left() -> Sequence[str]:
        """See `Rotation`."""
        return (
            "who else connects to the database (a laptop's .env, a dashboard) needs the new one",
        )

    @property
    def pair(self) -> Pair:
        """Old and new password."""
        if self._pair is None:
            raise RotationError("no rotation of the database's password is under way")
        return self._pair

    def _begin(self) -> str:
        if self._pair is None:
            olds = {password_of(url) for url in self._urls().values()}
            if len(olds) != 1:
                raise RotationError(
                    f"{' and '.join(_SETTINGS)} need one password, the same in both, and have not"
                )
            (old,), new = olds, self._value()
            if new == old:
                raise RotationError("the new password is the old one")
            self._require_way(old)
            self._pair = self._journal.begin(Pair(old, new))
        return f"of {len(self.pair.new)} characters"

    def _require_way(self, old: str) -> None:
        """Refuse where the database cannot be reached as it is: nothing could be proven then."""
        refused = [name for name, why in self._refusals(old).items() if why]
        if refused:
            raise RotationError(f"the present password does not log in ({', '.join(refused)})")

    def _change(self) -> str:
        """Set it where it is not set; by the API again in any case, which changes nothing.

        Supabase shuts an address out for a while after a few wrong passwords, so that nothing is
        found out here by trying.
        """
        if self._is_managed or self._refusal(self._direct_with(self.pair.new)):
            self._set()
        wait_until(
            "the database and its pooler to take the new password",
            lambda: self._require(self.pair.new),
            bound=_KNOWN_SECONDS,
            interval=_KNOWN_INTERVAL,
            retry_on=NotYetError,
            progress=output.waiting,
        )
        return "it logs in, pooled and directly"

    def _set(self) -> None:
        if self._is_managed:
            context = trust(self._scene.target.vantage.ca_bundle)
            Supabase.of(self._database, context).set_password(self.pair.new)
            return
        with postgres.connect(self._direct_with(self.pair.old), self._resolver) as connection:
            postgres.set_password(connection, self.pair.new)

    @property
    def _is_managed(self) -> bool:
        return bool(self._database.project and self._database.token)

    def _direct_with(self, password: str) -> str:
        direct = self._urls().get(_SETTINGS[1])
        if direct is None:
            raise OperatorError("without nutri:databaseDirectUrl nobody can change the password")
        return with_password(direct, password)

    def _configure(self) -> str:
        urls = self._urls()
        for setting, url in urls.items():
            self._scene.config.set_secret(with_password(url, self.pair.new), setting)
        return " and ".join(urls)

    def _roll(self) -> str:
        """With a monitor around it."""
        target = self._scene.target
        if not target.public:
            return self._scene.up()
        with watching(target, target.public[0], rate=_RATE) as monitor:
            said = self._scene.up()
        report = monitor.report()
        return f"{said}; {report.failed} of {output.counted(report.requests, 'request')} dropped"

    def _dumps(self) -> str:
        if self._scene.target.dumps is None:
            return "none are taken"
        major = dumps.ask(self._scene.target, "major")
        return f"they reach the database, PostgreSQL {major}"

    def _prove(self) -> str:
        self._require(self.pair.new)
        said = self._refusals(self.pair.old)
        into = [name for name, why in said.items() if not why]
        if into:
            raise OperatorError(f"the old password still logs in: {', '.join(into)}")
        self._journal.end()
        return "; ".join(f"{name.partition(':')[2]}: {why}" for name, why in said.items())

    def _require(self, password: str) -> bool:
        refused = {name: why for name, why in self._refusals(password).items() if why}
        if refused:
            raise NotYetError("; ".join(f"{name}: {why}" for name, why in refused.items()))
        return True

    def _refusals(self, password: str) -> dict[str, str]:
        """Why each URL is refused with a password; empty where it logs in.

        Raises:
            DatabaseError: it is no question of the password.
        """
        return {
            setting: self._refusal(with_password(url, password))
            for setting, url in self._urls().items()
        }

    def _refusal(self, url: str) -> str:
        try:
            with postgres.connect(url, self._resolver) as connection:
                connection.execute("SELECT 1")
        except postgres.PasswordRefusedError as error:
            return str(error)
        return ""

    def _urls(self) -> dict[str, str]:
        config = self._scene.config.all()
        found = {name: str(config[name]) for name in _SETTINGS if config.get(name)}
        if not found:
            raise RotationError(f"the stack has no database ({' and '.join(_SETTINGS)} are empty)")
        return found

    @property
    def _database(self) -> DatabaseTarget:
        if self._scene.target.database is None:
            raise RotationError("the stack has no database")
        return self._scene.target.database

    @property
    def _resolver(self) -> Resolver:
        return Resolver(self._scene.target.vantage.nameservers)


def password_of(url: str) -> str:
    """The password of a URL, as it is."""
    return unquote(urlsplit(url).password or "")


def with_password(url: str, password: str) -> str:
    """The same URL with another password, escaped."""
    parts = urlsplit(url)
    login, _, place = parts.netloc.rpartition("@")
    user = login.partition(":")[0]
    return parts._replace(netloc=f"{user}:{quote(password, safe='')}@{place}").geturl()
