"""What every HTTP client of ours shares: whom it trusts, and why a request failed, in words."""

from __future__ import annotations

import re
import ssl

import certifi
import httpx

from common.errors import OperatorError


def trust(ca_bundle: str | None) -> ssl.SSLContext:
    """The authorities to trust: the system's and those in the PEM file, if there is one.

    Raises:
        OperatorError: when the file cannot be read as PEM.
    """
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"]:  # no system store, as on some Pythons for macOS
        context.load_verify_locations(cafile=certifi.where())
    if ca_bundle:
        try:
            context.load_verify_locations(cafile=ca_bundle)
        except (OSError, ssl.SSLError) as error:
            raise OperatorError(
                f"the CA bundle {ca_bundle} cannot be read as PEM certificates: {error}"
            ) from error
    return context


def reason(error: Exception, timeout: float) -> str:
    """Why a request failed, in words."""
    if isinstance(error, httpx.TimeoutException):
        return f"no answer within {timeout:g} s"
    text = re.sub(r"^\[[^]]*\]\s*|\s*\(_ssl\.c:\d+\)$", "", str(error))
    return text or type(error).__name__
