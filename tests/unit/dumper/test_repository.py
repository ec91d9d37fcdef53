"""A real repository: what is read back, passed over, kept and let go."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agent.dumps import dump, keys, manifest, status
from agent.dumps.archive import Dumps
from agent.dumps.config import Config, Keep
from agent.dumps.errors import DumpError
from agent.dumps.restic import LAST, Restic
from tests.unit.dumper.conftest import Dumper, dumping, set_up

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Servers and repositories of their own, which a busy machine takes its time to start.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def taken(
    servers_of: Any,  # noqa: ANN401
    binaries: Path,
    tmp_path: Path,
) -> Iterator[Dumper]:
    """A project with a row, of the newer version."""
    with pytest.MonkeyPatch.context() as patch:
        set_up(tmp_path, binaries, patch)
        with dumping(servers_of(17), tmp_path, patch) as made:
            made.source.sql("create table t (n int); insert into t values (1)")
            yield made


def _packs(dumper: Dumper) -> set[Path]:
    return {path for path in Path(dumper.config.repository, "data").rglob("*") if path.is_file()}


def _cut_off(packs: Iterable[Path]) -> None:
    for pack in packs:
        pack.chmod(0o600)
        with pack.open("r+b") as file:
            file.truncate(pack.stat().st_size // 2)


def test_a_damaged_dump_is_passed_over_and_no_proof(taken: Dumper) -> None:
    """The one before comes back, value by value, and that is said; a proof fails with it."""
    first = taken.take()
    before, rows = _packs(taken), taken.source.tables()
    taken.source.sql("insert into t select n from generate_series(2, 5000) n")
    second = taken.take()
    packs = sorted(_packs(taken) - before, key=lambda one: one.stat().st_size)
    _cut_off(packs[-1:])  # the rows
    with pytest.raises(DumpError):
        taken.prove()
    assert status.read()["proof"]["ok"] is False
    _cut_off(packs[:-1])  # what stands beside them
    target = taken.project()
    done = taken.restore(target)
    assert done.manifest.run == first.run
    assert [one.split()[0] for one in done.passed_over] == [second.run]
    assert target.tables() == rows


def test_a_dump_that_does_not_come_back_is_none(
    taken: Dumper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it is read out of the repository again before it counts."""
    whole = Dumps.archive

    def one_byte_off(self: Dumps, found: manifest.Manifest) -> Any:  # noqa: ANN401
        return whole(self, replace(found, sha256="0" * 64))

    monkeypatch.setattr(Dumps, "archive", one_byte_off)
    with pytest.raises(DumpError, match="does not come back"):
        taken.take()
    assert status.read()["dump"]["ok"] is False


def test_nothing_of_the_environment_leads_elsewhere(
    taken: Dumper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither PostgreSQL's variables nor restic's, whoever set them."""
    for name in ("PGHOST", "PGOPTIONS", "PGSERVICE", "PGSSLMODE", "PGDATABASE"):
        monkeypatch.setenv(name, "nowhere")
    for name in ("RESTIC_REPOSITORY", "RESTIC_PASSWORD", "AWS_ACCESS_KEY_ID"):
        monkeypatch.setenv(name, "nowhere")
    there = replace(taken, restic=Restic(taken.config))
    assert there.take().tables["public.t"] == 1


def _put(restic: Restic, number: int) -> str:
    """A dump as far as retention sees it."""
    run = f"20260101T00000{number}-abc"
    stream = restic.backup_stream(run)
    stream.pipe.write(run.encode())
    stream.end()
    folder = Path(manifest.FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / manifest.NAME).write_text(run)
    restic.backup_folder(str(folder), run)
    return run


def test_old_dumps_go_and_the_newest_stay(folders: Path) -> None:
    """The data with their manifests; data without one too, once no run can be at work on them."""
    config = Config(str(folders / "repository"), "", "", keep=Keep(daily=1, weekly=0, monthly=0))
    restic = Restic(config)
    restic.init()
    runs = [_put(restic, number) for number in range(LAST + 2)]
    left_over = restic.backup_stream("20200101T000000-abc")
    left_over.pipe.write(b"half a dump")
    left_over.end()
    dump.let_go(config, restic)
    held = restic.held()
    assert {one.run for one in held.manifests} == set(runs[-LAST:])
    assert {one.run for one in held.data} == set(runs[-LAST:])
    assert status.read()["retention"] == {
        "at": status.read()["retention"]["at"],
        "ok": True,
        "kept": LAST,
    }


def test_a_password_is_changed_while_another_opens_the_dumps(folders: Path) -> None:
    """Both open them in between; the one of before is out at the end, the present one never."""
    config = Config(str(folders / "repository"), "", "")
    Restic(config).init()
    assert keys.add(config, Restic(config), "the next one")
    assert not keys.add(config, Restic(config), "the next one")
    assert keys.opens(config, "a password")
    (folders / "etc" / "password").write_text("the next one")
    assert keys.remove(config, Restic(config), "a password")
    assert not keys.remove(config, Restic(config), "a password")
    assert not keys.opens(config, "a password")
    with pytest.raises(DumpError):
        keys.remove(config, Restic(config), "the next one")
    assert keys.opens(config, "the next one")
