"""The command line: `nutri-dump now`, and the other names of `COMMANDS`.

Each prints one JSON value. Exit code 0 is done, 1 is what standard error says, 75 is busy.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from agent.dumps import config as settings
from agent.dumps import contents, drills, dump, evidence, keys, restore, status, verify
from agent.dumps.archive import Dumps
from agent.dumps.errors import BusyError, DumpError
from agent.dumps.postgres import Database
from agent.dumps.restic import Restic
from agent.dumps.scratch import scratch

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.dumps.config import Config

_BUSY = 75
_LOOK = 120.0


def init(_config: Config, restic: Restic) -> Any:  # noqa: ANN401 - JSON
    """Make the repository where there is none."""
    return {"made": restic.init()}


def now(config: Config, restic: Restic) -> Any:  # noqa: ANN401
    """Take a dump."""
    with status.alone("a dump", "dump"):
        return dump.take(config, restic).brief()


def first(config: Config, restic: Restic) -> Any:  # noqa: ANN401
    """Take a dump and prove that it comes back, unless that was done, or there is nothing yet."""
    if contents.is_empty(Database(config.database_url)):
        return {"message": "the database is empty: the first dump waits for the timer"}
    known = status.read()
    is_new = not known.get("dump", {}).get("ok") or not Dumps(restic).manifests
    if not is_new and known.get("proof", {}).get("ok"):
        return {"message": "there is a dump already, and it was seen to come back"}
    if is_new:
        now(config, restic)
    with status.alone("a verification", "proof"):
        proof = verify.verify(config, restic, looked_over=is_new)
    return {"message": f"dumped {proof['rows']} rows and saw them come back"}


def list_(_config: Config, restic: Restic) -> Any:  # noqa: ANN401
    """Every dump, newest first."""
    dumps = Dumps(restic)
    return [_listed(dumps, snapshot) for snapshot in dumps.newest_first()]


def _listed(dumps: Dumps, snapshot: Any) -> dict[str, Any]:  # noqa: ANN401
    try:
        return {"snapshot": snapshot.id[:8], **dumps.manifest(snapshot).brief()}
    except DumpError as error:
        return {"snapshot": snapshot.id[:8], "run": snapshot.run, "problem": str(error)}


def verify_(config: Config, restic: Restic) -> Any:  # noqa: ANN401
    """Prove that the newest dump comes back."""
    with status.alone("a verification", "proof"):
        return verify.verify(config, restic)


def restore_(config: Config, restic: Restic) -> Any:  # noqa: ANN401
    """Restore as standard input wishes: {"to": "scratch", "database" or URL, "at", "overwrite"}."""
    asked = json.load(sys.stdin)
    wish = restore.Wish(at=asked.get("at"), overwrite=asked.get("overwrite"))
    with status.alone("a restore"):
        if asked["to"] != "scratch":
            url = config.database_url if asked["to"] == "database" else asked["to"]
            return restore.restore(restic, Database(url), wish).shown()
        major = restore.major_of(restic, wish)
        with scratch(config.scratch_image, major) as database:
            return restore.restore(restic, database, wish, scratch=True).shown()


def restore_once(config: Config, restic: Restic) -> Any:  # noqa: ANN401
    """Restore the newest dump into the empty database of a new stack."""
    with status.alone("a restore"):
        return restore.once(restic, Database(config.database_url))


def evidence_(_config: Config, restic: Restic) -> Any:  # noqa: ANN401
    """What the checks want to know."""
    return evidence.gather(restic)


def opens(config: Config, _restic: Restic) -> Any:  # noqa: ANN401
    """See whether a password, on standard input, opens the repository."""
    Restic(config, password=sys.stdin.read().strip()).run("cat", "config", timeout=_LOOK)
    return {"opens": True}


def key_add(config: Config, restic: Restic) -> Any:  # noqa: ANN401
    """Let the password on standard input open the repository, too."""
    return {"added": keys.add(config, restic, sys.stdin.read().strip())}


def key_remove(config: Config, restic: Restic) -> Any:  # noqa: ANN401
    """Let the password on standard input open the repository no more."""
    return {"removed": keys.remove(config, restic, sys.stdin.read().strip())}


def key_opens(config: Config, _restic: Restic) -> Any:  # noqa: ANN401
    """Whether the password on standard input opens the repository: true or false."""
    return {"opens": keys.opens(config, sys.stdin.read().strip())}


def major(config: Config, _restic: Restic) -> Any:  # noqa: ANN401
    """Major version of the database's server."""
    return Database(config.database_url).major()


def check(_config: Config, restic: Restic) -> Any:  # noqa: ANN401
    """See whether the repository is whole."""
    with status.alone("a check"):
        dump.look_over(restic)
    return {"ok": True}


def drill_corrupt(config: Config, _restic: Restic) -> Any:  # noqa: ANN401
    """Damage the newest of two dumps of a repository of our own, and restore."""
    with status.alone("a drill"):
        return drills.corrupt_newest(config)


def drill_refused(config: Config, restic: Restic) -> Any:  # noqa: ANN401
    """Take dumps to storage that refuses."""
    with status.alone("a drill"):
        return drills.storage_refused(config, restic)


COMMANDS: dict[str, Callable[[Config, Restic], Any]] = {
    "init": init,
    "opens": opens,
    "key-opens": key_opens,
    "key-add": key_add,
    "key-remove": key_remove,
    "major": major,
    "now": now,
    "first": first,
    "list": list_,
    "verify": verify_,
    "restore": restore_,
    "restore-once": restore_once,
    "evidence": evidence_,
    "check": check,
    "drill-corrupt": drill_corrupt,
    "drill-refused": drill_refused,
}


def main(words: list[str]) -> int:
    """Run one command; returns the exit code."""
    if len(words) != 1 or words[0] not in COMMANDS:
        print(f"nutri-dump {'|'.join(COMMANDS)}", file=sys.stderr)  # noqa: T201
        return 2
    try:
        config = settings.load()
        print(json.dumps(COMMANDS[words[0]](config, Restic(config))))  # noqa: T201
    except BusyError as error:
        print(f"nutri-dump: {error}", file=sys.stderr)  # noqa: T201
        return _BUSY
    except DumpError as error:
        print(f"nutri-dump: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0
