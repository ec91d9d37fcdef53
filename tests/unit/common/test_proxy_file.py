"""What we write for the proxy is what the proxy reads; anything else is never written."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from common import proxy_file
from common.errors import OperatorError

ROUTER = {
    "rule": "Host(`api.nutri.test`) && ClientIP(`10.0.0.2`)",
    "service": "web@docker",
    "entryPoints": ["http"],
    "priority": 1000,
}


def document(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """A file with one router, changed."""
    return {"http": {"routers": {"web": {**ROUTER, **changes}}}}


def test_a_right_file_is_written_as_it_is() -> None:
    """In YAML that reads back the same."""
    assert yaml.safe_load(proxy_file.text(document())) == document()


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"rulee": "x"}, "http.routers.web.rulee"),
        ({"rule": "Hostt(`x`)"}, "http.routers.web.rule"),
        ({"rule": "Host(`x`"}, "http.routers.web.rule"),
        ({"priority": "high"}, "http.routers.web.priority"),
        ({"middlewares": []}, "http.routers.web.middlewares"),
        ({"service": ""}, "http.routers.web.service"),
    ],
)
def test_what_the_proxy_would_not_read_is_not_written(changes: dict[str, Any], where: str) -> None:
    """One such file, and it would heed no other."""
    with pytest.raises(OperatorError, match=where):
        proxy_file.text(document(**changes))


def test_nothing_is_taken_for_a_template() -> None:
    """The proxy runs each file through its templates first."""
    with pytest.raises(OperatorError, match="template"):
        proxy_file.text(document(service="{{ env }}"))


def test_an_empty_element_is_refused() -> None:
    """`routers: {}` alone freezes the folder."""
    with pytest.raises(OperatorError, match=r"http\.routers"):
        proxy_file.text({"http": {"routers": {}}})


def test_the_mark_tells_one_file_from_another() -> None:
    """Else an older one would be taken for it."""
    first, router = proxy_file.mark(document())
    second, _ = proxy_file.mark(document(priority=1001))
    assert first != second
    assert router["rule"] == f"Path(`{first}`)"
    proxy_file.text({"http": {"routers": {"mark": router}}})
