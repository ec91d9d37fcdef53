"""How the help looks: verbs in panels, and words instead of types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from collections.abc import Mapping

PANELS: Mapping[str, tuple[str, ...]] = {
    "Emergency": ("diagnose", "outage", "rollback", "restart", "server", "incident", "database"),
    "Look": (
        *("status", "check", "logs", "requests", "resources", "history", "tags", "urls", "cost"),
        *("watch", "monitor", "bug-report"),
    ),
    "Change": (
        *("plan", "deploy", "scale", "migrations", "maintenance", "env", "rotate", "coolify"),
        *("docker", "exec", "shell", "ssh"),
    ),
    "Data": ("dump", "restore", "snapshot", "recovery-kit"),
    "Practise": ("drill", "parity"),
}
_ORDER = [name for names in PANELS.values() for name in names]
_WORDS = {"int": "N", "float": "N", "Path": "FILE", "UUID": "ID"}


def panel_of(name: str) -> str | None:
    """The panel of a verb, or of a group of verbs; None where it has no place in the help yet."""
    return next((panel for panel, names in PANELS.items() if name in names), None)


class Verb(TyperCommand):
    """A verb whose help names no types of Python."""

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401 - typer's own, which it hides
        """Each parameter with a word for what it takes."""
        return _in_words(super().get_params(ctx), ctx)


class Verbs(TyperGroup):
    """All verbs, in the order of the panels."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401 - typer's own, which it hides
        """Those of one panel together, the most urgent first."""
        return sorted(super().list_commands(ctx), key=_place)

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401 - typer's own, which it hides
        """Each parameter with a word for what it takes."""
        return _in_words(super().get_params(ctx), ctx)


def _in_words(params: list[Any], ctx: Any) -> list[Any]:  # noqa: ANN401 - typer's own
    for one in params:
        word = _word(one, ctx)
        setattr(one, "display_type_rich", lambda ctx, word=word: word)  # noqa: ARG005, B010
        setattr(one, "_get_number_range_help_str", lambda: None)  # noqa: B010
    return params


def _place(name: str) -> int:
    return _ORDER.index(name) if name in _ORDER else len(_ORDER)


def _word(param: Any, ctx: Any) -> str:  # noqa: ANN401 - typer's own, which it hides
    if getattr(param, "is_flag", False) or param.param_type_name == "argument":
        return ""
    if param.metavar:
        return str(param.metavar)
    told = str(param.display_type(ctx)).strip("<>")
    if "|" in told:
        return told.upper() if told.startswith("p1") else told
    bare = told.removeprefix("list[").removesuffix("]").removesuffix(" range")
    longest: str = max(param.opts, key=len)
    return _WORDS.get(bare, longest.strip("-").rpartition("-")[2].upper())
