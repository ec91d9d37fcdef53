"""The page people see in the place of a service."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from common.maintenance import Maintenance

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Maintenance</title>
<style>
:root {{ color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif; }}
body {{ display: grid; place-content: center; min-height: 90vh; margin: 0; padding: 1.5rem; }}
main {{ max-width: 34rem; }}
h1 {{ font-size: 1.6rem; margin: 0 0 .75rem; }}
p {{ margin: 0 0 .75rem; }}
small {{ opacity: .7; }}
</style>
</head>
<body>
<main>
<h1>Maintenance</h1>
<p>{message}</p>
<p><small>{span}</small></p>
</main>
</body>
</html>
"""


def page(one: Maintenance) -> str:
    """Return the page as HTML that loads nothing else."""
    return _PAGE.format(message=html.escape(one.message), span=html.escape(one.span()))
