"""How the things a service depends on are: all asked at once, each within a bound."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

SECONDS = 5.0

Check = Callable[[], object]
Entry = dict[str, object]


def ask(checks: Mapping[str, Check]) -> dict[str, Entry]:
    """An entry a dependency; the slowest one holds up all, up to the bound."""
    began = time.monotonic()
    pool = ThreadPoolExecutor(max(len(checks), 1))
    asked = {name: pool.submit(_timed, check) for name, check in checks.items()}
    found = {name: _entry(one, began) for name, one in asked.items()}
    pool.shutdown(wait=False)
    return found


def word(entries: Mapping[str, Entry], needed: str) -> str:
    """The whole in a word: only `needed` makes it unhealthy."""
    if entries[needed]["status"] != "healthy":
        return "unhealthy"
    well = all(entry["status"] == "healthy" for entry in entries.values())
    return "healthy" if well else "degraded"


def _timed(check: Check) -> float:
    began = time.monotonic()
    check()
    return time.monotonic() - began


def _entry(asked: Future[float], began: float) -> Entry:
    left = max(began + SECONDS - time.monotonic(), 0)
    try:
        return {"status": "healthy", "latency_ms": round(asked.result(left) * 1000)}
    except TimeoutError:
        error = f"timed out after {SECONDS * 1000:.0f}ms"
    except Exception as failed:  # noqa: BLE001 - whatever it is, it is told
        error = str(failed).strip().split("\n")[0] or type(failed).__name__
    took = round((time.monotonic() - began) * 1000)
    return {"status": "unhealthy", "latency_ms": took, "error": error}
