"""What becomes of each variable of a file: plain config, secret config, or neither."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from common.errors import OperatorError
from config import env_value
from runbook import stack as stacks
from runbook.env.kinds import Kind, kind
from runbook.stack import StackError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from runbook.env.declared import Declared
    from runbook.env.dotenv import Entry


Ask = Callable[[str], bool]


class Fate(enum.StrEnum):
    """Of one variable."""

    PLAIN = "plain"
    SECRET = "secret"  # noqa: S105 - a fate
    SAME = "as it is"
    MADE = "left out"


@dataclass(frozen=True)
class Step:
    """One variable, and what is to become of it; `why` says more."""

    name: str
    value: str
    fate: Fate
    why: str = ""

    @property
    def is_change(self) -> bool:
        """Whether the config changes."""
        return self.fate in {Fate.PLAIN, Fate.SECRET}

    def __repr__(self) -> str:
        """Without the value: it may be a secret."""
        return f"Step({self.name}, {self.fate})"


@dataclass(frozen=True)
class Choice:
    """Which ones the operator named, and how to ask about the others."""

    plain: Collection[str] = ()
    secret: Collection[str] = ()
    ask: Ask = lambda _name: True
    """Whether a variable is a secret."""


def plan(entries: Mapping[str, Entry], declared: Declared, choice: Choice) -> list[Step]:
    """Return a step for each variable.

    Raises:
        OperatorError: everything that cannot be; nothing is asked then.
    """
    problems = [*_unknown(entries, choice), *_refused(entries.values(), declared)]
    if problems:
        raise OperatorError("\n".join(problems))
    steps = [_step(one, declared, choice) for one in entries.values()]
    twice = [
        f"{one.name}: is plain in app.yaml, on every stack; take it out there first, or give "
        f"--plain {one.name}"
        for one in steps
        if one.fate is Fate.SECRET and one.name in declared.in_file
    ]
    if twice:
        raise OperatorError("\n".join(twice))
    return steps


def _unknown(entries: Mapping[str, Entry], choice: Choice) -> Iterable[str]:
    for name in (*choice.plain, *choice.secret):
        if name not in entries:
            yield f"{name}: is not in the file"
        elif name in choice.plain and name in choice.secret:
            yield f"{name}: is named as plain and as secret; one of them has to go"


def _refused(entries: Iterable[Entry], declared: Declared) -> Iterable[str]:
    for one in entries:
        why = env_value.problem(one.name, one.value)
        if why and one.name not in declared.made:
            yield f"line {one.line}: {one.name}: {why}"


def _step(one: Entry, declared: Declared, choice: Choice) -> Step:
    name, value = one.name, one.value
    if name in declared.made:
        return Step(name, value, Fate.MADE, f"made of {declared.made[name]}")
    known = {**declared.in_file, **declared.plain, **declared.secret}
    named = name in choice.plain or name in choice.secret
    if known.get(name) == value and not named:
        return Step(name, value, Fate.SAME)
    fate = Fate.SECRET if _is_secret(name, value, declared, choice) else Fate.PLAIN
    return Step(name, value, fate, "another value" if name in known else "")


def _is_secret(name: str, value: str, declared: Declared, choice: Choice) -> bool:
    """As the operator says, as it is by now, as it looks, or as the operator says when asked."""
    if name in choice.plain or name in choice.secret:
        return name in choice.secret
    if name in declared.secret:
        return True
    found = kind(name, value)
    if found is Kind.UNSURE and (name in declared.plain or name in declared.in_file):
        return False
    return choice.ask(name) if found is Kind.UNSURE else found is Kind.SECRET


@dataclass(frozen=True)
class Config:
    """The config of one stack, as `pulumi` writes it; values go in by standard input."""

    project: Path
    stack: str | None
    service: str

    def apply(self, step: Step, declared: Declared) -> None:
        """Set one variable, and take it away where it was of the other kind.

        Raises:
            StackError: pulumi refuses.
        """
        secret = step.fate is Fate.SECRET
        if step.name in (declared.plain if secret else declared.secret):
            self._run("rm", "--path", self._key(step.name, secret=not secret))
        how = ["--secret"] if secret else ["--type", "string"]
        words = ["set", *how, "--path", "--raw"]
        self._run(*words, self._key(step.name, secret=secret), value=step.value)

    def _key(self, name: str, *, secret: bool) -> str:
        root = (
            f"nutri:secrets.{self.service}"
            if secret
            else f"nutri:services.{self.service}.variables"
        )
        return f'{root}["{name}"]' if "." in name else f"{root}.{name}"

    def _run(self, *words: str, value: str = "") -> None:
        done = stacks.run(self.project, ["config", *words], self.stack, stdin=value)
        if done.returncode:
            said = done.stderr.replace(value, "***") if value else done.stderr
            raise StackError(stacks.explain(said, self.stack))
