"""Each secret's own way: what is proven before, what after, and that a failure is gone on from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from clients import postgres
from clients.hetzner import HetznerError
from clients.postgres import PasswordRefusedError
from clients.supabase import Supabase
from common.target import DatabaseTarget, DumpsTarget
from runbook.rotate import RotationError, StepFailedError, rotate
from runbook.rotate.app_secret import AppSecret, find
from runbook.rotate.database_password import DatabasePassword, password_of, with_password
from runbook.rotate.journal import SETTING
from runbook.rotate.restic_password import ResticPassword
from runbook.rotate.ssh_key import is_same, new_key, public_of
from runbook.rotate.vendors import HetznerToken

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.runbook.rotate.conftest import FakeScene


def _silent(_line: str) -> None: ...


# A secret variable of a service


class _Containers:
    """Those of the service, with the environment they were started with."""

    def __init__(self, scene: FakeScene, monkeypatch: pytest.MonkeyPatch) -> None:
        self.env = {"JWT_SECRET": "j-old"}
        self._scene = scene
        monkeypatch.setattr("runbook.servers.connect_all", lambda _target: _Held([self]))
        scene.on_up = self.roll

    def roll(self) -> None:
        self.env = dict(self._scene.config.values["nutri:secrets"]["nutri-backend"])

    def run(self, _command: str, **_options: Any) -> Any:  # noqa: ANN401
        listed = json.dumps([f"{k}={v}" for k, v in self.env.items()])
        return type("Result", (), {"stdout": listed})


class _Held:
    def __init__(self, value: Any) -> None:  # noqa: ANN401
        self._value = value

    def __enter__(self) -> Any:  # noqa: ANN401
        return self._value

    def __exit__(self, *_: object) -> None: ...


@pytest.fixture
def containers(scene: FakeScene, monkeypatch: pytest.MonkeyPatch) -> _Containers:
    """One container, rolled by each update."""
    return _Containers(scene, monkeypatch)


def test_an_app_secret_is_in_every_container(scene: FakeScene, containers: _Containers) -> None:
    """And the config is clean afterwards."""
    done = rotate(AppSecret(scene, "JWT_SECRET", lambda: "j-new"), _silent)  # type: ignore[arg-type]
    assert containers.env["JWT_SECRET"] == "j-new"
    assert SETTING not in scene.config.values
    assert "worth nothing" in done.left[0]


def test_the_old_value_can_be_kept_for_the_sessions(
    scene: FakeScene, containers: _Containers
) -> None:
    """For an app that checks with the one before as well; how to let it go is told."""
    one = AppSecret(scene, "JWT_SECRET", lambda: "j-new", "JWT_SECRET_BEFORE")  # type: ignore[arg-type]
    done = rotate(one, _silent)
    assert containers.env["JWT_SECRET_BEFORE"] == "j-old"
    assert "pulumi config rm" in done.left[0]


@pytest.mark.usefixtures("containers")
def test_a_failed_roll_is_gone_on_from(scene: FakeScene) -> None:
    """With the same new value, and nobody is asked for another."""
    scene.fails = 1
    with pytest.raises(StepFailedError):
        rotate(AppSecret(scene, "JWT_SECRET", lambda: "j-new"), _silent)  # type: ignore[arg-type]
    again = AppSecret(scene, "JWT_SECRET", pytest.fail)  # type: ignore[arg-type]
    rotate(again, _silent)
    assert scene.config.get("nutri:secrets", "nutri-backend", "JWT_SECRET") == "j-new"


def test_a_container_that_was_not_rolled_is_told(scene: FakeScene, containers: _Containers) -> None:
    """The rotation stays under way."""
    scene.on_up = lambda: None
    with pytest.raises(StepFailedError, match="do not have the new value"):
        rotate(AppSecret(scene, "JWT_SECRET", lambda: "j-new"), _silent)  # type: ignore[arg-type]
    assert SETTING in scene.config.values
    assert containers.env["JWT_SECRET"] == "j-old"


@pytest.mark.usefixtures("containers")
def test_another_one_under_way_is_ended_first(scene: FakeScene) -> None:
    """One at a time, told with its command."""
    scene.fails = 1
    with pytest.raises(StepFailedError):
        rotate(AppSecret(scene, "JWT_SECRET", lambda: "j-new"), _silent)  # type: ignore[arg-type]
    with pytest.raises(RotationError, match=r"rotate app-secret nutri-backend\.JWT_SECRET"):
        AppSecret(scene, "SECRET_KEY")  # type: ignore[arg-type]


def test_a_secret_is_found_by_its_name(scene: FakeScene) -> None:
    """Alone where one service has it, else with the service's."""
    secrets = scene.config.values["nutri:secrets"]
    assert find(secrets, "SECRET_KEY") == ("nutri-ml-service", "SECRET_KEY")
    assert find(secrets, "nutri-backend.SHARED") == ("nutri-backend", "SHARED")
    with pytest.raises(RotationError, match=r"several .* nutri-backend\.SHARED"):
        find(secrets, "SHARED")
    with pytest.raises(RotationError, match="JWT_SECRETS: no secret of nutri:secrets"):
        find(secrets, "JWT_SECRETS")


# The database's password


class _Database:
    """A role with one password, behind a pooler."""

    def __init__(self, scene: FakeScene, monkeypatch: pytest.MonkeyPatch) -> None:
        self.password = "d@old"
        self.wrong: list[str] = []
        scene.target = scene.target.model_copy(
            update={"database": DatabaseTarget(), "services": ()}
        )
        monkeypatch.setattr(postgres, "connect", self._connect)
        monkeypatch.setattr(postgres, "set_password", self._set)

    def _connect(self, url: str, _resolver: object) -> Any:  # noqa: ANN401
        if password_of(url) != self.password:
            self.wrong.append(password_of(url))
            raise PasswordRefusedError("the database refuses us")
        return _Held(type("Connection", (), {"execute": lambda *_: None})())

    def _set(self, _connection: object, password: str) -> None:
        self.password = password


@pytest.fixture
def role(scene: FakeScene, monkeypatch: pytest.MonkeyPatch) -> _Database:
    """The role of the stack's URLs."""
    return _Database(scene, monkeypatch)


def test_the_database_has_a_new_password(scene: FakeScene, role: _Database) -> None:
    """In both URLs, which are the same but for it; the old one is refused."""
    done = rotate(DatabasePassword(scene, lambda: "n/w @"), _silent)  # type: ignore[arg-type]
    assert role.password == "n/w @"
    urls = scene.config.values
    assert urls["nutri:databaseUrl"] == (
        "postgresql://postgres.ref:n%2Fw%20%40@pooler.test:6543/postgres?x=1"
    )
    assert "refuses us" in done.proved[-1]
    assert SETTING not in urls


def test_the_vendor_sees_a_wrong_password_once_each_way(
    scene: FakeScene, role: _Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It shuts an address out for a while after a few: only the old one is tried, at the end."""
    managed = DatabaseTarget(project="r" * 20, token=SecretStr("t"), endpoint="https://s.test")
    scene.target = scene.target.model_copy(update={"database": managed})
    monkeypatch.setattr(Supabase, "set_password", lambda _, new: setattr(role, "password", new))
    rotate(DatabasePassword(scene, lambda: "new"), _silent)  # type: ignore[arg-type]
    assert role.wrong == ["d@old", "d@old"]


def test_after_a_failed_roll_the_password_is_not_changed_again(
    scene: FakeScene, role: _Database
) -> None:
    """The database has it already; the second run only ends it."""
    scene.fails = 1
    with pytest.raises(StepFailedError):
        rotate(DatabasePassword(scene, lambda: "first"), _silent)  # type: ignore[arg-type]
    rotate(DatabasePassword(scene, pytest.fail), _silent)  # type: ignore[arg-type]
    assert role.password == "first"


def test_a_password_that_does_not_log_in_is_not_rotated(scene: FakeScene, role: _Database) -> None:
    """Nothing could be proven, and nothing was changed."""
    role.password = "another"
    with pytest.raises(RotationError, match="present password does not log in"):
        rotate(DatabasePassword(scene, lambda: "new"), _silent)  # type: ignore[arg-type]
    assert scene.ups == 0


def test_urls_that_disagree_are_told(scene: FakeScene) -> None:
    """Which of two would be the old one?"""
    scene.config.values["nutri:databaseUrl"] = "postgresql://postgres:x@pooler.test:6543/postgres"
    with pytest.raises(RotationError, match="the same in both"):
        rotate(DatabasePassword(scene, lambda: "new"), _silent)  # type: ignore[arg-type]


def test_only_the_password_of_a_url_changes() -> None:
    """Whatever is in it."""
    url = "postgresql://a.b:old@[::1]:5432/x?sslmode=require"
    assert with_password(url, "p@ss:/#") == url.replace("old", "p%40ss%3A%2F%23")
    assert password_of(with_password(url, "p@ss:/#")) == "p@ss:/#"


# A vendor's token


class _Project:
    """Hetzner's project: which tokens it takes, and which may write."""

    def __init__(self) -> None:
        self.tokens = {"h-old", "h-new"}
        self.servers = {1}
        self.read_only: set[str] = set()

    def reach(self, target: Any, _ca: object) -> Any:  # noqa: ANN401
        return _Held(_Api(self, target.token.get_secret_value()))


class _Api:
    def __init__(self, project: _Project, token: str) -> None:
        self._project, self._token = project, token

    def _enter(self) -> None:
        if self._token not in self._project.tokens:
            raise HetznerError("refuses", "unauthorized")

    def server(self, number: int) -> object:
        self._enter()
        return object() if number in self._project.servers else None

    def get(self, _path: str, **_params: object) -> dict[str, Any]:
        self._enter()
        return {}

    def post(self, _path: str, _body: object) -> None:
        code = "token_readonly" if self._token in self._project.read_only else "invalid_input"
        raise HetznerError("refuses", code)


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch) -> _Project:
    """In place of Hetzner's API."""
    made = _Project()
    monkeypatch.setattr("clients.hetzner.reach", made.reach)
    return made


def test_a_token_is_dead_once_it_was_revoked(scene: FakeScene, project: _Project) -> None:
    """Until then it is told that it works, and the same command looks again without asking."""
    first = rotate(HetznerToken(scene, lambda: "h-new"), _silent)  # type: ignore[arg-type]
    assert first.old_works
    assert "revoke it" in first.left[0]
    project.tokens.remove("h-old")
    second = rotate(HetznerToken(scene, pytest.fail), _silent)  # type: ignore[arg-type]
    assert not second.old_works
    assert SETTING not in scene.config.values
    assert scene.config.values["hcloud:token"] == "h-new"


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda p: p.tokens.remove("h-new"), "no good, nothing was changed"),
        (lambda p: p.servers.clear(), "its project has no server 1"),
        (lambda p: p.read_only.add("h-new"), "may only read"),
    ],
)
def test_a_token_that_will_not_do_changes_nothing(
    harm: Callable[[_Project], object],
    words: str,
    scene: FakeScene,
    project: _Project,
) -> None:
    """Refused, of another project, or one that only reads."""
    harm(project)
    before = dict(scene.config.values)
    with pytest.raises(RotationError, match=words):
        rotate(HetznerToken(scene, lambda: "h-new"), _silent)  # type: ignore[arg-type]
    assert scene.config.values == before
    assert scene.ups == 0


@pytest.mark.usefixtures("project")
def test_a_token_of_the_environment_is_changed_there(scene: FakeScene) -> None:
    """HCLOUD_TOKEN is not ours to set."""
    del scene.config.values["hcloud:token"]
    with pytest.raises(RotationError, match="environment"):
        rotate(HetznerToken(scene, lambda: "h-new"), _silent)  # type: ignore[arg-type]


# The SSH key


def test_a_key_is_one_whatever_its_comment() -> None:
    """Hetzner keeps comments, authorized_keys may."""
    public = public_of(new_key())
    assert is_same(public, f"{public} root@somewhere")
    assert not is_same(public, public_of(new_key()))


def test_what_is_no_key_is_told() -> None:
    """Without what it is."""
    with pytest.raises(RotationError, match="is none"):
        public_of("nonsense")


# The password of the dumps


class _Repository:
    """Which passwords open it, and which one the server has."""

    def __init__(self, scene: FakeScene, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened_by = {"restic-old"}
        self._config = scene.config
        scene.config.values["nutri:resticPassword"] = "restic-old"
        dumps = DumpsTarget(
            repository="sftp:u@b:nutri",
            schedule="daily",
            password=SecretStr("restic-old"),
            identity=SecretStr("key"),
        )
        scene.target = scene.target.model_copy(update={"dumps": dumps})
        monkeypatch.setattr("runbook.dumps.ask", self.ask)

    def ask(self, _target: object, command: str, stdin: str = "") -> Any:  # noqa: ANN401
        if command == "key-add":
            self.opened_by.add(stdin)
        if command == "key-remove":
            self.opened_by.discard(stdin)
        if command == "list":
            return [1, 2] if self._config.values["nutri:resticPassword"] in self.opened_by else []
        return {"added": True, "opens": stdin in self.opened_by}


@pytest.fixture
def repository(scene: FakeScene, monkeypatch: pytest.MonkeyPatch) -> _Repository:
    """That of the stack."""
    return _Repository(scene, monkeypatch)


def test_the_dumps_have_a_new_password(scene: FakeScene, repository: _Repository) -> None:
    """And no other."""
    done = rotate(ResticPassword(scene, lambda: "restic-new"), _silent)  # type: ignore[arg-type]
    assert repository.opened_by == {"restic-new"}
    assert "2 are listed" in done.proved[4]
    assert SETTING not in scene.config.values


def test_both_open_the_dumps_until_the_server_has_the_new_one(
    scene: FakeScene, repository: _Repository
) -> None:
    """An update that fails costs no dump; the same command goes on."""
    scene.fails = 1
    with pytest.raises(StepFailedError):
        rotate(ResticPassword(scene, lambda: "restic-new"), _silent)  # type: ignore[arg-type]
    assert repository.opened_by == {"restic-old", "restic-new"}
    rotate(ResticPassword(scene, pytest.fail), _silent)  # type: ignore[arg-type]
    assert repository.opened_by == {"restic-new"}


def test_a_stack_without_dumps_has_no_such_password(scene: FakeScene) -> None:
    """Told, and nothing is changed."""
    with pytest.raises(RotationError, match="takes no dumps"):
        rotate(ResticPassword(scene, lambda: "new"), _silent)  # type: ignore[arg-type]
