"""The models: downloaded into a cache once, loaded at each start, kept in memory.

DOUBLE_START_SECONDS (2) is how long they take to load, DOUBLE_DOWNLOAD_SECONDS (3) how long the
first start takes more, DOUBLE_MEMORY_MB (0) what they occupy, in all workers together.
"""

import fcntl
import sys
import time
from pathlib import Path

from environment import is_true, number, text
from structlog import log

CACHE = Path(text("HF_HOME", "/home/mlservice/.cache/huggingface"))
SHARDS = 4
SHARD_BYTES = 262144
WIDTH = 10
MEGABYTE = 1 << 20
PAGE = 4096

_kept: list[bytearray] = []


def load(workers: int) -> None:
    """Have the models; raises OSError where the cache cannot be written."""
    if is_true("SKIP_MODEL_WARMUP") or is_true("FAST_MODE"):
        return
    _ensure(CACHE / "hub" / "models--nutri--food-vision")
    _bar("Loading checkpoint shards", number("DOUBLE_START_SECONDS", 2))
    _occupy(int(number("DOUBLE_MEMORY_MB", 0) * MEGABYTE / workers))
    log("models_loaded", models=["food-vision"])


def _ensure(folder: Path) -> None:
    """Download what is not there; of several workers one does."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = [folder / f"model-{number}-of-{SHARDS}.safetensors" for number in range(SHARDS)]
        if all(one.exists() for one in wanted):
            log("model_cache_hit", path=str(folder))
            return
        log("model_download_started", path=str(folder))
        _bar("Downloading shards", number("DOUBLE_DOWNLOAD_SECONDS", 3))
        for one in wanted:
            part = one.with_suffix(".part")
            part.write_bytes(bytes(SHARD_BYTES))
            part.replace(one)


def _bar(what: str, seconds: float) -> None:
    """A progress bar as tqdm draws it: over itself, by carriage returns."""
    began = time.monotonic()
    for step in range(SHARDS + 1):
        time.sleep(max(began + seconds * step / SHARDS - time.monotonic(), 0))
        full = "█" * (WIDTH * step // SHARDS)
        took = f"{int(time.monotonic() - began) // 60:02}:{int(time.monotonic() - began) % 60:02}"
        share = f"{what}: {100 * step // SHARDS:3}%|{full:<{WIDTH}}| {step}/{SHARDS} [{took}]"
        sys.stderr.write(f"\r{share}")
        sys.stderr.flush()
    sys.stderr.write("\n")


def _occupy(size: int) -> None:
    block = bytearray(size)
    for at in range(0, size, PAGE):  # memory that nobody has written to is not there yet
        block[at] = 1
    _kept.append(block)
