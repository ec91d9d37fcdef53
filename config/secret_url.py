"""URLs with a user and a password: read strictly, and written so that every client reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote, urlencode

if TYPE_CHECKING:
    from collections.abc import Iterable

# RFC 3986, but for the single quote, which does not get through Coolify.
_IN_LOGIN = re.compile(r"(?:[A-Za-z0-9\-._~!$&()*+,;=:]|%[0-9A-Fa-f]{2})*")
_PLACE = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:(?P<port>\d{1,5}))?")
_REST = re.compile(r"(?P<path>/[^\s?#'@]*)?(\?(?P<query>[^\s#'@]*))?")


class UrlError(ValueError):
    """Not a URL of this kind; the message holds nothing of the password."""


@dataclass(frozen=True)
class SecretUrl:
    """A URL in its parts, user and password as they are, not as they are written."""

    scheme: str
    user: str
    password: str
    host: str
    port: int | None
    path: str
    query: tuple[tuple[str, str], ...]

    def value(self, name: str) -> str | None:
        """A value of the query; None where there is none."""
        return dict(self.query).get(name)

    def having(self, scheme: str, query: Iterable[tuple[str, str]]) -> SecretUrl:
        """The same place, asked in another way."""
        return SecretUrl(
            scheme, self.user, self.password, self.host, self.port, self.path, tuple(query)
        )

    def __str__(self) -> str:
        """Written with everything escaped that any client could take for something else."""
        login = quote(self.user, safe="") + ":" + quote(self.password, safe="") + "@"
        port = f":{self.port}" if self.port else ""
        query = f"?{urlencode(self.query, safe='/:', quote_via=quote)}" if self.query else ""
        return f"{self.scheme}://{login}{self.host}{port}{self.path}{query}"

    def __repr__(self) -> str:
        """Nothing of the password, wherever it is printed."""
        return f"SecretUrl({self.scheme}://...@{self.host})"


def parse(text: str, schemes: Iterable[str]) -> SecretUrl:
    """Read a URL; raises UrlError with what is wrong and how it is written."""
    known = tuple(schemes)
    scheme, found, rest = text.partition("://")
    if not found or scheme not in known:
        raise UrlError(f"is no URL that begins with {' or '.join(f'{one}://' for one in known)}")
    login, at, behind = rest.rpartition("@")
    if not at:
        raise UrlError("has no user and password before an @")
    user, _, password = login.partition(":")
    _refuse_unescaped(login)
    place = _PLACE.match(behind)
    rest_of = place and _REST.fullmatch(behind, place.end())
    if not place or not rest_of:
        raise UrlError("has no host, or a character behind it that has to be escaped")
    made = SecretUrl(
        scheme,
        unquote(user),
        unquote(password),
        place["host"],
        int(place["port"]) if place["port"] else None,
        rest_of["path"] or "",
        tuple(parse_qsl(rest_of["query"] or "", keep_blank_values=True)),
    )
    return _round_trip(made)


def _refuse_unescaped(login: str) -> None:
    good = _IN_LOGIN.match(login)
    end = good.end() if good else 0
    if end == len(login):
        return
    char = login[end]
    shown = "a blank" if char.isspace() else f"`{char}`"
    raise UrlError(
        f"has {shown} in user or password that is not escaped; write it as {quote(char, safe='')}"
    )


def _round_trip(made: SecretUrl) -> SecretUrl:
    """Refuse what is read differently once it is written; a fault of ours, told as one."""
    login = str(made).partition("://")[2].partition("@")[0]
    user, _, password = login.partition(":")
    if (unquote(user), unquote(password)) != (made.user, made.password):
        raise UrlError("does not survive being written and read again")
    return made
