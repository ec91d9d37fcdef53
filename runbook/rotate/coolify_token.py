"""The token of Coolify's API: minted past the API, for Coolify keeps its hash alone."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pydantic import SecretStr

from clients.coolify.client import over
from clients.coolify.errors import CoolifyDeniedError
from common.errors import OperatorError
from runbook import servers
from runbook.rotate.journal import Pair
from runbook.rotate.rotation import RotationError, Step
from runbook.rotate.values import made

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook.rotate.scene import Scene

KIND = "coolify-token"
_SQL = "docker exec -i coolify-db psql -U coolify -d coolify -q -v ON_ERROR_STOP=1"
# The stack's own step takes out every other token of the name `pulumi`: the old one gets another
# name, so that it works until everybody has the new one.
_MINT = """begin;
update personal_access_tokens set name = 'pulumi-former' where token = '{old}';
insert into personal_access_tokens
  (tokenable_type, tokenable_id, name, token, team_id, abilities, created_at, updated_at)
select 'App\\Models\\User', 0, 'pulumi', '{new}', '0', '["root"]', now(), now()
where not exists (select 1 from personal_access_tokens where token = '{new}');
commit;
"""
_REVOKE = """delete from personal_access_tokens
where token = '{old}' or (name = 'pulumi-former' and token <> '{new}');
"""


class CoolifyToken:
    """Both are valid until everything uses the new one; then the old one is revoked."""

    secret = KIND
    old_works = False

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._journal = scene.journal(KIND)
        self._pair = self._journal.read()

    def steps(self) -> Sequence[Step]:
        """See `Rotation`."""
        return (
            Step("a new token", self._begin),
            Step("Coolify knows it", self._mint),
            Step("everybody uses it", self._scene.up),
            Step("the old one revoked", self._revoke),
        )

    @staticmethod
    def left() -> Sequence[str]:
        """See `Rotation`."""
        return ()

    @property
    def pair(self) -> Pair:
        """Old and new token."""
        if self._pair is None:
            raise RotationError("no rotation of Coolify's token is under way")
        return self._pair

    def _begin(self) -> str:
        if self._pair is None:
            old = self._scene.target.coolify.token.get_secret_value()
            self._pair = self._journal.begin(Pair(old, made()))
        return "made at random; nobody has seen it"

    def _mint(self) -> str:
        if not self._admits(self.pair.new):
            self._sql(_MINT)
        if not self._admits(self.pair.new):
            raise OperatorError("Coolify does not take the new token although it was given to it")
        return "GET /version answers to the new one"

    def _revoke(self) -> str:
        self._sql(_REVOKE)
        if self._admits(self.pair.old):
            raise OperatorError("Coolify still takes the old token")
        if not self._admits(self.pair.new):
            raise OperatorError("Coolify does not take the new token any more")
        self._journal.end()
        return "HTTP 401 for the old one; the new one answers"

    def _sql(self, text: str) -> None:
        values = {"old": _sha256(self.pair.old), "new": _sha256(self.pair.new)}
        with servers.connect(self._scene.target.servers[0]) as client:
            client.run(_SQL, stdin=text.format(**values))

    def _admits(self, token: str) -> bool:
        coolify = self._scene.target.coolify.model_copy(update={"token": SecretStr(token)})
        with servers.connect(self._scene.target.servers[0]) as ssh, over(ssh, coolify) as client:
            try:
                client.get("/version")
            except CoolifyDeniedError:
                return False
        return True


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
