"""What a service demands of its environment: said in one line, before anything else is done."""

import os
import sys
from collections.abc import Iterable

SECRET_LENGTH = 32


def text(name: str, default: str = "") -> str:
    """A variable as it is given; an empty one is as one that is not there."""
    return os.environ.get(name) or default


def number(name: str, default: float) -> float:
    """A variable that is a number."""
    try:
        return float(text(name) or default)
    except ValueError:
        return end([f"{name} must be a number"])


def is_true(name: str) -> bool:
    """Whether a variable switches something on."""
    return text(name).lower() in {"1", "true", "yes"}


def missing(*names: str) -> list[str]:
    """What is wrong with variables that have to be there."""
    return [f"{name} is missing" for name in names if not text(name)]


def weak(name: str) -> list[str]:
    """What is wrong with a secret that has to be there and long."""
    found = text(name)
    if not found:
        return [f"{name} is missing"]
    if len(found) < SECRET_LENGTH:
        wanted = f"{name} must be at least {SECRET_LENGTH} characters long"
        return [f"{wanted}, it has {len(found)}"]
    return []


def end(problems: Iterable[str]) -> None:
    """End the program, naming all of it in one line; no problem is none."""
    if told := "; ".join(problems):
        print(f"Invalid environment: {told}", file=sys.stderr, flush=True)
        sys.exit(1)
