"""The recovery kit: sealed, opened by its passphrase alone, and made into a stack."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import stat
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from pydantic import SecretStr

from clients.ssh import SshTimeoutError
from clients.supabase import Project, Supabase, TokenRefusedError
from common.errors import OperatorError
from common.target import DatabaseTarget, DumpsTarget, Target
from runbook import dumps
from runbook import stack as stacks
from runbook.kit import Kit, KitError, Passphrase, collect, files, open_sealed, seal
from runbook.kit.collect import Source
from runbook.kit.model import Value, parse
from runbook.kit.prove import NotToldError, compare, data_parts, lies_on
from runbook.kit.unpack import Plan, Unpacking, leaves
from tests.unit.runbook.recovery.conftest import target_of

if TYPE_CHECKING:
    from collections.abc import Callable

PASSPHRASE = Passphrase("correct horse battery")
APP_KEY = "base64:" + "A" * 43 + "="


def kit(**changes: Any) -> Kit:  # noqa: ANN401 - fields
    """A kit of the stack prod."""
    whole = Kit(
        stack="prod",
        made=datetime(2026, 11, 28, 3, 0, tzinfo=UTC),
        backend="file:///states",
        passphrase="stack-passphrase",
        config={
            "nutri:domain": Value(value="nutri.test"),
            "nutri:location": Value(value="fsn1"),
            "nutri:acknowledge": Value(value=["server:delete"]),
            "nutri:caBundle": Value(value="ca.crt"),
            "hcloud:token": Value(value="t0ken", secret=True),
        },
        files={"ca.crt": "PEM"},
        state={"version": 3},
        app_key=APP_KEY,
    )
    return whole.model_copy(update=changes)


def test_a_kit_opens_by_its_passphrase_alone(tmp_path: Path) -> None:
    """No secret is readable in the file, and nobody else may read it at all."""
    file = tmp_path / "prod.kit"
    files.write(kit(), file, PASSPHRASE)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "t0ken" not in file.read_text()
    assert files.read(file, PASSPHRASE) == kit()
    with pytest.raises(KitError, match="the passphrase is wrong, or it is damaged"):
        files.read(file, Passphrase("correct horse batterY"))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda text: text[:200] + "A" + text[201:], "is wrong, or it is damaged"),
        (lambda text: text[: len(text) // 2], "only a part of one"),
        (lambda _: "hello", "no recovery kit"),
        (lambda _: "", "no recovery kit"),
        (lambda text: text.replace("\n", "\n!", 1), "or it is damaged"),
    ],
)
def test_a_spoilt_kit_says_so(sealed: str, spoil: Callable[[str], str], says: str) -> None:
    """In words, whatever happened to it."""
    with pytest.raises(KitError, match=says):
        open_sealed(spoil(sealed), PASSPHRASE)


@pytest.fixture(scope="module")
def sealed() -> str:
    """Some content, sealed: this takes a second, as it has to."""
    return seal(b"content " * 20, PASSPHRASE)


def test_a_standard_tool_opens_a_kit(tmp_path: Path) -> None:
    """`age --decrypt`, as somebody types it who has no more than the file and its passphrase."""
    file = tmp_path / "prod.kit"
    files.write(kit(), file, PASSPHRASE)
    out = tmp_path / "kit.json"
    code, said = _at_a_terminal(["age", "--decrypt", "--output", str(out), str(file)])
    assert code == 0, said
    assert json.loads(out.read_text())["config"]["hcloud:token"]["value"] == "t0ken"


def _at_a_terminal(command: list[str]) -> tuple[int, str]:
    """Run a command with a terminal of its own; the passphrase is typed when it is asked for."""
    child, terminal = pty.fork()
    if not child:
        os.execvp(command[0], command)  # noqa: S606 - the terminal is what it needs
    said = b""
    with contextlib.suppress(OSError):  # its end
        while read := os.read(terminal, 1024):
            said += read
            if said.rstrip().endswith(b"passphrase:"):
                os.write(terminal, f"{PASSPHRASE.text}\n".encode())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said.decode()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda text: text.replace("r=8", "r=9"), "is wrong, or it is damaged"),
        (lambda text: text.replace("n=2^17", "n=2^31"), "another version"),
        (lambda text: text[: len(text) // 2], "only a part of one"),
        (lambda text: text.replace("\n", "\n!", 1), "none of base64's"),
    ],
)
def test_a_kit_of_the_format_before_opens(spoil: Callable[[str], str], says: str) -> None:
    """One that was exported then, with its passphrase; and it tells what happened to it."""
    text = (Path(__file__).parent / "golden" / "format-1.kit").read_text()
    assert open_sealed(text, PASSPHRASE) == b'{"kept": "from before"}'
    with pytest.raises(KitError, match=says):
        open_sealed(spoil(text), PASSPHRASE)
    with pytest.raises(KitError, match="the passphrase is wrong"):
        open_sealed(text, Passphrase("another one, as long"))


def test_a_short_passphrase_is_refused() -> None:
    """It guards every key of the platform; and it is shown nowhere."""
    with pytest.raises(KitError, match="has 6 characters"):
        seal(b"content", Passphrase("sesame"))
    assert "correct" not in repr(PASSPHRASE)


def test_the_passphrase_comes_from_a_file_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is neither, and nobody to ask, it is told what to give."""
    monkeypatch.delenv(files.VARIABLE, raising=False)
    with pytest.raises(KitError, match="--passphrase-file"):
        files.passphrase(None)
    monkeypatch.setenv(files.VARIABLE, "from the environment")
    assert files.passphrase(None).text == "from the environment"
    (tmp_path / "secret").write_text("from a file\n")
    assert files.passphrase(tmp_path / "secret").text == "from a file"
    with pytest.raises(KitError, match="cannot be read"):
        files.passphrase(tmp_path / "none")


def test_a_kit_of_another_version_names_places_not_secrets() -> None:
    """Its content is never part of a message."""
    with pytest.raises(KitError) as caught:
        parse(json.dumps({"stack": "prod", "hcloud": "t0ken"}).encode())
    assert "hcloud" in str(caught.value)
    assert "t0ken" not in str(caught.value)


def test_the_app_key_is_found_in_a_state() -> None:
    """Revealed secrets come in an envelope."""
    resource = {
        "urn": "urn:pulumi:prod::nutri::X$nutri:RandomSecret::app-key",
        "outputs": {"value": {"plaintext": json.dumps(APP_KEY)}},
    }
    assert collect.app_key({"deployment": {"resources": [resource]}}) == APP_KEY
    assert collect.app_key({"deployment": {}}) == ""


def test_the_stack_passphrase_has_to_be_at_hand(tmp_path: Path) -> None:
    """As a value or as a file; of both the engine prefers the value, and so does the kit."""
    (tmp_path / "file").write_text("of a file\n")
    assert collect.passphrase({"PULUMI_CONFIG_PASSPHRASE": "x"}) == "x"
    by_file = {"PULUMI_CONFIG_PASSPHRASE_FILE": str(tmp_path / "file")}
    assert collect.passphrase(by_file) == "of a file"
    assert collect.passphrase(by_file | {"PULUMI_CONFIG_PASSPHRASE": "x"}) == "x"
    for wrong in ({}, {"PULUMI_CONFIG_PASSPHRASE_FILE": "/none"}):
        with pytest.raises(KitError, match="PULUMI_CONFIG_PASSPHRASE_FILE"):
            collect.passphrase(wrong)


def test_what_lies_on_the_server_is_not_elsewhere() -> None:
    """By its address or its name."""
    target = target_of("http://h/v1", 1)
    assert lies_on("https://127.0.0.1/state", target) == "nutri-prod"
    assert lies_on("s3://bucket", target) is None
    assert lies_on("file:///states", target) is None


def _with_dumps() -> Target:
    store = DumpsTarget(
        repository="s3:https://s3.test/b",
        schedule="daily",
        password=SecretStr("old"),
        identity=SecretStr(""),
    )
    return target_of("http://h/v1", 1).model_copy(update={"dumps": store})


def test_the_password_of_the_config_has_to_open_the_dumps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of the config, since that goes into the kit, whatever the server has."""
    asked: list[str | None] = []
    config = {"nutri:resticPassword": Value(value="new", secret=True)}
    ((name, prove),) = data_parts(_with_dumps(), config)
    monkeypatch.setattr(dumps, "ask", lambda _target, _command, stdin: asked.append(stdin))
    assert name == "restic password"
    assert "it opens the dumps at s3:https://s3.test/b" in prove()
    assert asked == ["new"]

    def refuse(*_: object, **__: object) -> None:
        raise dumps.DumpFailedError("refuses the password")

    monkeypatch.setattr(dumps, "ask", refuse)
    with pytest.raises(OperatorError, match="does not open the dumps: refuses the password"):
        prove()


def test_a_dead_server_leaves_the_password_untold(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is there, and may well be right."""

    def die(*_: object, **__: object) -> None:
        raise SshTimeoutError("no answer")

    monkeypatch.setattr(dumps, "ask", die)
    config = {"nutri:resticPassword": Value(value="new", secret=True)}
    ((_, prove),) = data_parts(_with_dumps(), config)
    with pytest.raises(NotToldError, match="was not seen: no answer"):
        prove()
    ((_, prove),) = data_parts(_with_dumps(), {})
    with pytest.raises(OperatorError, match="nutri:resticPassword is empty"):
        prove()


def test_a_token_that_supabase_refuses_is_red(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked at where the stack knows its project."""
    database = DatabaseTarget(
        service="nutri-backend",
        project="abc",
        endpoint="https://api.test",
        token=SecretStr("sbp_x"),
    )
    target = target_of("http://h/v1", 1).model_copy(update={"database": database})
    ((name, prove),) = data_parts(target, {})
    assert name == "Supabase token"
    told = Project(name="nutri", region="eu-central-1", status="ACTIVE_HEALTHY")
    monkeypatch.setattr(Supabase, "project", lambda _: told)
    assert prove() == "reads the project abc, which is ACTIVE_HEALTHY"

    def refuse(_: Supabase) -> Project:
        raise TokenRefusedError("it refuses the token")

    monkeypatch.setattr(Supabase, "project", refuse)
    with pytest.raises(TokenRefusedError):
        prove()


def test_an_old_kit_is_red() -> None:
    """What changed since is named, by key and never by value."""
    now = kit(
        config={**kit().config, "hcloud:token": Value(value="new", secret=True)}, app_key="k2"
    )
    red = [part for part in compare(kit(), now) if not part.well]
    assert [part.name for part in red] == ["kit: config", "kit: APP_KEY"]
    assert "hcloud:token" in red[0].says
    assert "new" not in red[0].says
    assert all(part.well for part in compare(kit(), kit()))


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for `pulumi` that notes arguments and what comes in; the project's folder."""
    script = tmp_path / "bin" / "pulumi"
    script.parent.mkdir()
    script.write_text(
        f'#!/bin/sh\nshift 3\nprintf "%s" "$*" >> {tmp_path}/calls\n'
        f'printf " < " >> {tmp_path}/calls\ncat >> {tmp_path}/calls\necho >> {tmp_path}/calls\n'
        f'case "$*" in "stack select"*) exit $(cat {tmp_path}/selected);;\n'
        f"  *export*) cat {tmp_path}/state;;\n"
        f"  config*--json*) cat {tmp_path}/config;;\n"
        f'  whoami*) echo \'{{"url": "file:///states"}}\';; esac\n'
    )
    script.chmod(0o755)
    (tmp_path / "selected").write_text("255")
    (tmp_path / "state").write_text("{}")
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.setenv("PATH", str(script.parent), prepend=":")
    for name in ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE", "PULUMI_BACKEND_URL"):
        monkeypatch.delenv(name, raising=False)
    return project


def _calls(project: Path) -> list[str]:
    return (project.parent / "calls").read_text().splitlines()


def test_a_kit_becomes_a_stack(engine: Path) -> None:
    """Secrets go in by standard input; what was agreed to be lost is not agreed to again."""
    plan = Plan("prod-2", {"nutri:location": "nbg1"}, f"file://{engine}/state")
    made = Unpacking(kit(), plan, engine).run()
    written = yaml.safe_load(made.config_file.read_text())["config"]
    assert written == {
        "nutri:domain": "nutri.test",
        "nutri:location": "nbg1",
        "nutri:caBundle": ".local/recovery/prod-2/ca.pem",
    }
    assert (engine / written["nutri:caBundle"]).read_text() == "PEM"
    calls = _calls(engine)
    assert "stack init prod-2 --secrets-provider passphrase < " in calls
    assert "config set --secret hcloud:token --stack prod-2 < t0ken" in calls
    assert (engine / "state").is_dir()
    secret = Path(made.environment["PULUMI_CONFIG_PASSPHRASE_FILE"])
    assert secret.read_text().strip() == "stack-passphrase"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600


def test_secrets_by_service_stay_apart() -> None:
    """Each by its path, so that one can be changed; a text that is JSON is a text all the same."""
    whole = json.dumps({"nutri-backend": {"JWT": "a", "SA": '{"b": 1}', "A.B": "c"}})
    assert dict(leaves("nutri:secrets", whole)) == {
        "nutri:secrets.nutri-backend.JWT": "a",
        "nutri:secrets.nutri-backend.SA": '{"b": 1}',
        'nutri:secrets.nutri-backend["A.B"]': "c",
    }
    assert dict(leaves("hcloud:token", "t0ken")) == {"hcloud:token": "t0ken"}


def test_importing_again_changes_nothing(engine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A passphrase that is set already, and hard to guess, is not written anywhere."""
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "mine, and a long one")
    plan = Plan("prod-2", backend="s3://states")
    first = Unpacking(kit(), plan, engine).run()
    before = first.config_file.read_text()
    (engine.parent / "selected").write_text("0")
    assert Unpacking(kit(), plan, engine).run().config_file.read_text() == before
    assert first.environment == {"PULUMI_BACKEND_URL": "s3://states"}
    assert sum("stack init" in call for call in _calls(engine)) == 1


def test_the_local_stacks_passphrase_is_not_taken(
    engine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a shell of the local stack the kit's own is used, and not the one everybody knows."""
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "local")
    made = Unpacking(kit(), Plan("prod-2", backend="s3://states"), engine).run()
    secret = Path(made.environment["PULUMI_CONFIG_PASSPHRASE_FILE"])
    assert secret.read_text().strip() == "stack-passphrase"
    assert "PULUMI_CONFIG_PASSPHRASE" not in stacks.surroundings(made.environment)
    said = made.surroundings.read_text()
    assert (made.surroundings.name, "stack-passphrase" in said) == ("Pulumi.prod-2.env", False)
    sourced = subprocess.run(
        [
            "sh",
            "-c",
            f". {made.surroundings}; echo $PULUMI_BACKEND_URL $PULUMI_CONFIG_PASSPHRASE_FILE",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert sourced.stdout.split() == ["s3://states", str(secret)]


def test_a_passphrase_that_does_not_open_the_stack_is_in_no_kit(
    engine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine is asked with exactly the one that would go into it."""
    script = engine.parent / "bin/pulumi"
    opens = 'case "$1 $PULUMI_CONFIG_PASSPHRASE" in whoami* | *" right") ;;'
    refusal = f'{opens} *) echo "error: incorrect passphrase" >&2; exit 255;; esac'
    script.write_text(script.read_text().replace("shift 3", f"shift 3; {refusal}", 1))
    (engine / "Pulumi.prod.yaml").write_text("config: {}\n")
    (engine.parent / "config").write_text("{}")
    file = engine / "passphrase"
    file.write_text("wrong\n")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", str(file))
    with pytest.raises(OperatorError, match="missing or wrong"):
        Source(engine, "prod").kit()
    file.write_text("right\n")
    assert Source(engine, "prod").kit().passphrase == "right"


def test_the_old_stack_is_not_overwritten(engine: Path) -> None:
    """It is there: nothing to recover."""
    (engine.parent / "selected").write_text("0")
    (engine.parent / "state").write_text(json.dumps({"deployment": {"resources": [{}]}}))
    with pytest.raises(KitError, match="as in --stack prod-2"):
        Unpacking(kit(), Plan("prod", backend="s3://states"), engine).run()


def test_a_kit_is_collected_from_config_state_and_environment(
    engine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what the stack sets itself; a token of the environment is part of it."""
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "mine")
    monkeypatch.setenv("HCLOUD_TOKEN", "of the environment")
    (engine / "Pulumi.prod.yaml").write_text(
        "config:\n  nutri:mlReplicas: 3\n  nutri:caBundle: ca.crt\n"
        "  nutri:registryPassword:\n    secure: v1:x\n"
    )
    (engine / "ca.crt").write_text("PEM")
    revealed = {
        "nutri:registryPassword": {"value": "pw", "secret": True},
        "nutri:mlReplicas": {"value": "3", "secret": False},
        "nutri:tier": {"value": "small", "secret": False},
    }
    (engine.parent / "config").write_text(json.dumps(revealed))
    made = Source(engine, "prod").kit()
    assert made.config == {
        "hcloud:token": Value(value="of the environment", secret=True),
        "nutri:mlReplicas": Value(value=3),
        "nutri:caBundle": Value(value="ca.crt"),
        "nutri:registryPassword": Value(value="pw", secret=True),
    }
    assert made.files == {"ca.crt": "PEM"}
    assert made.passphrase == "mine"
    (engine / "ca.crt").unlink()
    with pytest.raises(KitError, match=r"ca\.crt cannot be read"):
        Source(engine, "prod").kit()
