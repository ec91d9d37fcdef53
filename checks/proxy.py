"""E1: the proxy's own API is nobody's business outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from checks.check import Check, servers
from checks.verdict import Verdict, green, red

if TYPE_CHECKING:
    from checks.observer import Observer
    from checks.web import Answer
    from common.target import ServerTarget, Target

_URL = "http://traefik-coolify-proxy:{}/api/rawdata"
"""The name that the proxy's own router is made with, and all that it knows."""


def collect_api(observer: Observer, server: ServerTarget) -> Answer:
    """One plain HTTP request, as anybody can send it."""
    port = observer.target.expectations.http_port
    return observer.web.get_at(server.ipv4, _URL.format(port))


def judge_api(_server: ServerTarget, answer: Answer, _target: Target) -> Verdict:
    """Green when it is not answered."""
    if answer.failure:
        return green(f"nobody is let in: {answer.failure}")
    if answer.status == httpx.codes.OK:
        return red(
            "everybody reads the proxy's routes and services: its API answers on port 80",
            "the file that shuts it is gone, or another one keeps the proxy from reading it: "
            "`pulumi up`; if it stays, see `runbook ssh -- docker logs --tail 100 coolify-proxy`",
        )
    return green(f"shut: it answers {answer.status}")


PROXY_API = Check(
    "proxy-api", "E1", "the proxy's API is shut from outside", servers, collect_api, judge_api
)
