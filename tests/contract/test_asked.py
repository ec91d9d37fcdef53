"""The recorder of requests: what a document does not have is told."""

from __future__ import annotations

import pytest

from tests.contract.asked import Asked, coolify, hetzner


@pytest.mark.parametrize(
    ("one", "says"),
    [
        (Asked("GET", "/nothing"), "GET /nothing: no such path"),
        (Asked("DELETE", "/pricing"), "DELETE /pricing: no such operation"),
        (Asked("GET", "/servers", "colour=red"), "GET /servers: no parameter 'colour'"),
        (
            Asked("POST", "/ssh_keys", body={"name": "a", "public_key": "b", "colour": "red"}),
            "('colour' was unexpected)",
        ),
        (Asked("POST", "/ssh_keys", body={"name": "a"}), "'public_key' is a required property"),
        (Asked("POST", "/servers/1/actions/poweron", body={"now": True}), "takes no body"),
    ],
)
def test_hetzners_document_is_held_to(one: Asked, says: str) -> None:
    """Paths, parameters, fields unknown and missing."""
    (problem,) = hetzner().problems([one])
    assert says in problem


@pytest.mark.parametrize(
    ("one", "says"),
    [
        (
            Asked("PATCH", "/applications/a", body={"name": "x", "swarm_replicas": 2}),
            "('swarm_replicas' was unexpected)",
        ),
        (Asked("DELETE", "/applications/a", "cleanup=false"), "no parameter 'cleanup'"),
        (
            Asked("PATCH", "/applications/a/envs/bulk", body={"data": [{"key": "A", "colour": 1}]}),
            "('colour' was unexpected)",
        ),
        (Asked("POST", "/deploy", body={"uuid": "a", "forced": True}), "got ['forced']"),
    ],
)
def test_coolifys_document_is_held_to(one: Asked, says: str) -> None:
    """The same."""
    (problem,) = coolify().problems([one])
    assert says in problem


def test_what_is_right_is_no_problem() -> None:
    """Also what the documents are known to lack."""
    good = [
        Asked("POST", "/deploy", body={"uuid": "a", "force": True}),
        Asked("DELETE", "/applications/a", "docker_cleanup=false"),
        Asked("PATCH", "/security/keys/k", body={"name": "n", "private_key": "p"}),
        Asked("PATCH", "/applications/a", body={"custom_network_aliases": "x"}),
        Asked("POST", "/enable"),
    ]
    assert coolify().problems(good) == []
    labels = {"name": "a", "public_key": "b", "labels": {"any": "label"}}
    assert hetzner().problems([Asked("POST", "/ssh_keys", body=labels)]) == []
