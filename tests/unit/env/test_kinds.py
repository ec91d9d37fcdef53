"""A secret is never taken for plain; what is surely plain is not asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.env.kinds import Kind, kind


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NODE_ENV", "production"),
        ("LOG_LEVEL", "info"),
        ("CORS_ORIGIN", "https://nutri.example,https://www.nutri.example"),
        ("CORS_ORIGINS", '["https://nutri.example"]'),
        ("EMAIL_ENABLED", "false"),
        ("JWT_EXPIRES_IN", "7d"),
        ("ML_SERVICE_URL", "http://nutri-ml-service:8000"),
        ("OMP_NUM_THREADS", "2"),
        ("ENFORCE_HTTPS", "true"),
        ("SKIP_MODEL_WARMUP", "true"),
        ("SECRET_ROTATION_ENABLED", "true"),
        ("ANYTHING", ""),
    ],
)
def test_surely_plain(name: str, value: str) -> None:
    """By name and value."""
    assert kind(name, value) is Kind.PLAIN


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JWT_SECRET", "short"),
        ("SECRET_KEY", "x"),
        ("RESEND_API_KEY", "re_123"),
        ("BULL_BOARD_PASSWORD", "1234"),
        ("USDA_API_KEY", "DEMO"),
        ("SENTRY_DSN", "https://public@o1.ingest.sentry.io/1"),
        ("RESEND_WEBHOOK_SECRET", "whsec_x"),
        ("PUBLIC_URL", "https://user:pw@host"),
        ("SOME_URL", "https://host/?token=x"),
        ("LOG_LEVEL", "redis://:pw@host"),
        ("CERT", "-----BEGIN PRIVATE KEY-----\nx"),
        ("PIN", "1234"),
        ("ADMIN_PASSWORD", "true"),
    ],
)
def test_secret(name: str, value: str) -> None:
    """By either of them."""
    assert kind(name, value) is Kind.SECRET


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BULL_BOARD_USERNAME", "a8F3kd92jfLs02kfjw93"),
        ("FROM", "4eC39HqLyjWDarjtT1zdp7dc"),
        ("APP_HOST", "AAAAAAAA00000000000000//"),
        ("SOMETHING_NEW", "abc"),
        ("DATABASE_URL", "postgresql://host/db\nmore"),
    ],
)
def test_what_is_neither_is_asked(name: str, value: str) -> None:
    """A name that is usually plain does not help a value that looks random."""
    assert kind(name, value) is Kind.UNSURE


@given(
    st.sampled_from(["SOMETHING", "APP_HOST", "SERVICE_NAME", "BASE_URL", "MODE"]),
    st.from_regex(r"[A-Za-z]{8}[0-9]{4}[A-Za-z0-9+/=_-]{12,60}", fullmatch=True),
)
def test_what_looks_random_is_never_plain(name: str, value: str) -> None:
    """Keys and tokens of any kind."""
    assert kind(name, value) is not Kind.PLAIN
