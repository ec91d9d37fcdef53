"""Objects of YAML and JSON, laid over each other."""

from __future__ import annotations

from typing import Any


def merge(base: Any, over: Any) -> Any:  # noqa: ANN401 - YAML and JSON
    """Return `base` with `over` laid on it, field by field; what is null there is taken away."""
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return over
    merged = base | {key: merge(base.get(key), value) for key, value in over.items()}
    return {key: value for key, value in merged.items() if value is not None}
