"""What the checks allow: one default for each budget, which a stack's config may change; pure."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Budgets(BaseModel):
    """How much of what is still well."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    http_port: int = Field(
        default=80, ge=1, le=65535, description="Port that redirects to HTTPS; D1."
    )
    log_window_s: int = Field(
        default=900, ge=60, le=86_400, description="Seconds back that the logs are judged; D2."
    )
    error_share: float = Field(
        default=0.05, ge=0, le=1, description="Share of errors in the log lines, at most; D2."
    )
    slow_request_ms: int = Field(
        default=1000, ge=1, le=60_000, description="Milliseconds from which a request is slow; D4."
    )
    slow_request_share: float = Field(
        default=0.05, ge=0, le=1, description="Share of slow requests, at most; D4."
    )
    cpu_share: float = Field(
        default=0.9, gt=0, le=1, description="Share of all cores that containers may use; D3."
    )
    load_per_core: float = Field(
        default=4.0, gt=0, le=100, description="Load average of 15 minutes for each core; D3."
    )
    memory_share: float = Field(
        default=0.9, gt=0, le=1, description="Share of a server's memory, and of a limit; D3."
    )
    disk_share: float = Field(
        default=0.9, gt=0, le=1, description="Share of a file system's space; D3."
    )
    inode_share: float = Field(
        default=0.9, gt=0, le=1, description="Share of a file system's inodes; D3."
    )
    restarts: int = Field(
        default=3, ge=0, le=1000, description="Of one container, the last within an hour; D3."
    )
    clock_skew_s: float = Field(
        default=5.0, gt=0, le=3600, description="Seconds between the server's clock and ours."
    )
    security_updates: int = Field(
        default=0, ge=0, le=1000, description="Security updates that wait, at most; M1."
    )
    certificate_days: int = Field(
        default=14, ge=1, le=90, description="Days left of what ends by itself, at least."
    )
    token_days: int = Field(
        default=365, ge=1, le=3650, description="Age in days from which a token is told."
    )
    update_lists_days: int = Field(
        default=7, ge=1, le=365, description="Age in days of what apt knows of updates; M1."
    )
