"""The program of the container `coolify`."""

from __future__ import annotations

import logging
import os
import threading

import uvicorn

from localcloud.coolify.app import create_app
from localcloud.coolify.boot.start import boot, watch
from localcloud.coolify.build import build
from localcloud.coolify.instance import Coolify
from localcloud.coolify.settings import CoolifySettings

_PORT = 8080
_log = logging.getLogger(__name__)


def main() -> None:
    """Serve at once; migrate and seed beside it, as the real container does."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    coolify = build(CoolifySettings.from_env(os.environ))
    threading.Thread(target=_boot, args=(coolify,), name="boot", daemon=True).start()
    config = uvicorn.Config(
        create_app(coolify),
        host="0.0.0.0",
        port=_PORT,
        access_log=False,
        log_level="warning",  # noqa: S104
    )
    uvicorn.Server(config).run()


def _boot(coolify: Coolify) -> None:
    try:
        boot(coolify)
    except Exception:
        # Without its database seeded the instance is of no use: end, and be started again.
        _log.exception("the start failed")
        os._exit(1)
    watch(coolify)


if __name__ == "__main__":
    main()
