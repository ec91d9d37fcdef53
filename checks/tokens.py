"""B5 and M2: what the API tokens may do, and how old they are."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from checks.check import Check, coolify
from checks.measure import Measure, Unit
from checks.verdict import Verdict, green, red
from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checks.observer import Observer
    from common.target import CoolifyTarget, HetznerTarget, Target

ASK = (
    "docker exec --interactive coolify-db psql --username=coolify --dbname=coolify "
    "--tuples-only --no-align --quiet --set=ON_ERROR_STOP=1"
)
# Coolify keeps times without a zone, in UTC; only the token's hash goes there.
_QUERY = """set timezone to 'UTC';
select json_build_object(
  'abilities', abilities::json,
  'age', extract(epoch from now() - created_at) / 86400,
  'left', extract(epoch from expires_at - now()) / 86400
) from personal_access_tokens where token = '{}';
"""
_ROTATE = "make a new one: `runbook rotate coolify-token`"
_NEEDED = "root"


class Token(BaseModel):
    """Coolify's token: what it may do, its age, and the days it is still valid; None: for ever."""

    model_config = ConfigDict(frozen=True)

    abilities: tuple[str, ...]
    age: float
    left: float | None


def _hetzner(target: Target) -> Mapping[str, HetznerTarget]:
    return {"hetzner": target.hetzner}


def collect_scope(observer: Observer, _hetzner: HetznerTarget) -> bool:
    """Whether the Hetzner token may write."""
    return observer.hetzner.may_write()


def judge_scope(_hetzner: HetznerTarget, may_write: bool, _target: Target) -> Verdict:
    """Green when it may write: nothing could be recovered otherwise."""
    if may_write:
        return green("reads and writes; its age is in the Hetzner console alone")
    return red(
        "the Hetzner token may only read, so no server could be made or reset with it",
        "make one with read and write access (console, Security, API tokens), then "
        "`pulumi config set --secret hcloud:token` and `pulumi up`",
    )


def collect_token(observer: Observer, target: CoolifyTarget) -> Token | None:
    """What Coolify's database says of our token; None when it knows none such."""
    # Coolify hashes what comes after the id and the bar.
    secret = target.token.get_secret_value().rpartition("|")[2]
    query = _QUERY.format(hashlib.sha256(secret.encode()).hexdigest())
    said = observer.ssh(observer.target.servers[0]).run(ASK, stdin=query).stdout.strip()
    try:
        return Token.model_validate_json(said) if said else None
    except ValidationError as error:
        raise OperatorError(
            f"Coolify's database tells its tokens in another form: {error}"
        ) from None


def judge_token(_coolify: CoolifyTarget, token: Token | None, target: Target) -> Verdict:
    """Green when it may deploy, and is neither old nor about to end."""
    if token is None:
        return red("Coolify's database does not know the stack's token", "run `pulumi up`")
    limit = target.expectations.token_days
    measures = [Measure("token_age", "coolify", token.age, Unit.DAYS, limit)]
    if _NEEDED not in token.abilities:
        verdict = red(
            f"the Coolify token may only {', '.join(token.abilities) or 'do nothing'}, "
            f"and a deployment needs {_NEEDED}",
            _ROTATE,
        )
    elif token.left is not None and token.left <= target.expectations.certificate_days:
        verdict = red(f"the Coolify token ends in {max(token.left, 0):.0f} days", _ROTATE)
    elif token.age >= limit:
        verdict = red(f"the Coolify token is {token.age:.0f} days old (limit {limit})", _ROTATE)
    else:
        verdict = green(f"may {', '.join(token.abilities)}, {max(token.age, 0):.0f} days old")
    return verdict.measured(measures)


HETZNER_TOKEN = Check(
    "hetzner-token",
    "B5",
    "the Hetzner token may write",
    _hetzner,
    collect_scope,
    judge_scope,
    proves_change=False,
)
COOLIFY_TOKEN = Check(
    "coolify-token",
    "M2",
    "the Coolify token is fit",
    coolify,
    collect_token,
    judge_token,
    proves_change=False,
)
