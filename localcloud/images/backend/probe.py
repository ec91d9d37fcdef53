"""What the image's own health check asks: whether `/health` answers 200."""

import os
import sys
import urllib.request

SECONDS = 10

try:
    port = os.environ.get("PORT", "3000")
    urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=SECONDS).close()
except OSError:
    sys.exit(1)
