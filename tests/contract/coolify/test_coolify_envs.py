"""Environment variables: twins, upserts, what is lost and what is hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.contract.coolify_double import CoolifyDouble


def values(coolify: CoolifyDouble, app: str, *, preview: bool = False) -> dict[str, Any]:
    """Values by key."""
    listed = coolify.ok("GET", f"/applications/{app}/envs")
    return {env["key"]: env["value"] for env in listed if env["is_preview"] is preview}


def test_every_variable_has_a_preview_twin(coolify: CoolifyDouble) -> None:
    """The twin is made with the variable, and does not follow it afterwards."""
    app = coolify.application()
    path = f"/applications/{app}/envs"
    assert coolify.call("POST", path, {"key": "A", "value": "1"}).status_code == 201
    assert coolify.call("PATCH", path, {"key": "A", "value": "2"}).status_code == 201
    assert values(coolify, app) == {"A": "2"}
    assert values(coolify, app, preview=True) == {"A": "1"}


def test_a_key_twice_is_a_conflict(coolify: CoolifyDouble) -> None:
    """POST does not overwrite, PATCH does not create."""
    app = coolify.application()
    path = f"/applications/{app}/envs"
    coolify.ok("POST", path, {"key": "A", "value": "1"})
    assert coolify.refused("POST", path, {"key": "A", "value": "2"})[0] == 409
    assert coolify.refused("PATCH", path, {"key": "B", "value": "2"})[0] == 404


def test_a_patch_without_value_clears_it(coolify: CoolifyDouble) -> None:
    """What is left out is not kept: the value goes, and the variable is no literal any more."""
    app = coolify.application()
    path = f"/applications/{app}/envs"
    coolify.ok("POST", path, {"key": "A", "value": "1", "is_literal": True})
    changed = coolify.ok("PATCH", path, {"key": "A", "is_runtime": True})
    assert (changed["value"], changed["is_literal"]) == (None, False)


def test_a_patch_that_leaves_multiline_out_breaks(coolify: CoolifyDouble) -> None:
    """A flag that is true and not sent becomes null in a column that takes none."""
    app = coolify.application()
    path = f"/applications/{app}/envs"
    coolify.ok("POST", path, {"key": "A", "value": "1", "is_multiline": True})
    assert coolify.refused("PATCH", path, {"key": "A", "value": "2"})[0] == 500


def test_bulk_creates_and_changes_but_never_deletes(coolify: CoolifyDouble) -> None:
    """An upsert by key; unknown item keys are dropped without a word."""
    app = coolify.application()
    path = f"/applications/{app}/envs/bulk"
    coolify.ok("PATCH", path, {"data": [{"key": "A", "value": "1"}, {"key": "B", "value": "1"}]})
    answer = coolify.call("PATCH", path, {"data": [{"key": "B", "value": "2", "colour": "red"}]})
    assert answer.status_code == 201
    assert values(coolify, app) == {"A": "1", "B": "2"}


def test_bulk_keeps_what_came_before_a_bad_item(coolify: CoolifyDouble) -> None:
    """It is not atomic; and it cannot be used to clear."""
    app = coolify.application()
    path = f"/applications/{app}/envs/bulk"
    data = [{"key": "GOOD", "value": "1"}, {"key": "1BAD", "value": "1"}]
    assert coolify.refused("PATCH", path, {"data": data})[0] == 422
    assert values(coolify, app) == {"GOOD": "1"}
    assert coolify.refused("PATCH", path, {"data": []}) == (
        400,
        {"message": "Bulk data is required."},
    )


def test_values_are_trimmed_and_empty_ones_are_null(coolify: CoolifyDouble) -> None:
    """Outer whitespace is lost at any depth of the body."""
    app = coolify.application()
    data = [{"key": "A", "value": "  x\n"}, {"key": "B", "value": "  "}]
    coolify.ok("PATCH", f"/applications/{app}/envs/bulk", {"data": data})
    assert values(coolify, app) == {"A": "x", "B": None}


def test_real_values_are_quoted_as_for_compose(coolify: CoolifyDouble) -> None:
    """Literals in single quotes, others escaped, JSON as it is."""
    app = coolify.application()
    data = [
        {"key": "LITERAL", "value": "a$b", "is_literal": True},
        {"key": "PLAIN", "value": 'a"b'},
        {"key": "JSON", "value": '{"a": "b"}'},
    ]
    listed = coolify.ok("PATCH", f"/applications/{app}/envs/bulk", {"data": data})
    assert [env["real_value"] for env in listed] == ["'a$b'", 'a\\"b', '{"a": "b"}']


def test_values_are_hidden_from_plain_readers(coolify: CoolifyDouble) -> None:
    """And what is shown once is hidden from everybody."""
    app = coolify.application()
    path = f"/applications/{app}/envs"
    coolify.ok("POST", path, {"key": "A", "value": "1"})
    coolify.ok("POST", path, {"key": "ONCE", "value": "1", "is_shown_once": True})
    coolify.mint("reader", ["read"])
    plain = coolify.call("GET", path, secret="reader").json()
    assert not any({"value", "real_value"} & env.keys() for env in plain)
    once = [env for env in coolify.ok("GET", path) if env["is_shown_once"]]
    assert [env["key"] for env in once] == ["ONCE"]
    assert not {"value", "real_value"} & once[0].keys()


def test_deleting_one_leaves_its_twin(coolify: CoolifyDouble) -> None:
    """A variable goes by uuid; another application's is not found."""
    app, other = coolify.application("a"), coolify.application("b")
    uuid = coolify.ok("POST", f"/applications/{app}/envs", {"key": "A", "value": "1"})["uuid"]
    assert coolify.refused("DELETE", f"/applications/{other}/envs/{uuid}")[0] == 404
    coolify.ok("DELETE", f"/applications/{app}/envs/{uuid}")
    assert values(coolify, app) == {}
    assert values(coolify, app, preview=True) == {"A": "1"}
