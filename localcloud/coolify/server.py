"""The program of the container `coolify`."""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING

import uvicorn

from localcloud.coolify.app import create_app
from localcloud.coolify.boot.start import boot, watch
from localcloud.coolify.build import build
from localcloud.coolify.settings import CoolifySettings

if TYPE_CHECKING:
    from localcloud.coolify.instance import Coolify

_PORT = 8080
_log = logging.getLogger(__name__)


def main() -> None:
    """Serve at once; migrate and seed beside it, as the real container does."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    coolify = build(CoolifySettings.from_env(os.environ))
    threading.Thread(target=_boot, args=(coolify,), name="boot", daemon=True).start()
    everywhere = "0.0.0.0"  # noqa: S104 - inside a container; who publishes the port decides
    app = create_app(coolify)
    config = uvicorn.Config(app, host=everywhere, port=_PORT, access_log=False, log_level="warning")
    uvicorn.Server(config).run()
    # Without waiting for deployments that run: the next start marks them failed, as it does there.
    os._exit(0)


def _boot(coolify: Coolify) -> None:
    try:
        boot(coolify)
    except Exception:  # noqa: BLE001
        # Without its database seeded the instance is of no use: end, and be started again.
        _log.exception("the start failed")
        os._exit(1)
    watch(coolify)


if __name__ == "__main__":
    main()
