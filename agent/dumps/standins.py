"""Stand-ins for the vendor's objects in a scratch database, from a dump's own catalogue.

Tables have the vendor's columns and keys, functions its signatures and, where they are SQL, its
bodies. Of an extension that the server lacks, types keep their values as text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.dumps.postgres import identifier, literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TEXT_IN, _TEXT_OUT = "textin", "textout"
_VOLATILITY = {"i": "immutable", "s": "stable", "v": "volatile"}
_SELF_MADE = frozenset({"c", "internal"})


def statements(catalogue: Mapping[str, Any], offered: frozenset[str]) -> Iterator[tuple[str, str]]:
    """What to make and how, in order; `offered` are the extensions the server has itself."""

    def is_ours(one: Mapping[str, Any]) -> bool:
        return one.get("extension") not in offered

    for one in catalogue.get("schemas", ()):
        yield f"schema {one['name']}", f"create schema if not exists {identifier(one['name'])}"
    types = [one for one in catalogue.get("types", ()) if is_ours(one)]
    for one in types:
        yield from _schema_of(one)
        yield f"type {_name(one)}", _type(one)
    for one in filter(is_ours, catalogue.get("relations", ())):
        yield from _schema_of(one)
        yield f"table {_name(one)}", _relation(one)
    bases = {_name(one) for one in types if one["kind"] == "b"}
    for one in filter(is_ours, catalogue.get("functions", ())):
        yield from _schema_of(one)
        if one["definition"]:  # and the signature alone where the body cannot be
            yield f"function {_name(one)}", one["definition"]
        elif not _is_of_a_type(one, bases):
            yield f"function {_name(one)}", _function(one)
    for one in filter(is_ours, catalogue.get("operators", ())):
        yield f"operator {one['name']}", _operator(one)


def _name(one: Mapping[str, Any]) -> str:
    return f"{identifier(one['schema'])}.{identifier(one['name'])}"


def _schema_of(one: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if one["schema"] not in {"public", "pg_catalog"}:
        schema = identifier(one["schema"])
        yield f"schema {schema}", f"create schema if not exists {schema}"


def _type(one: Mapping[str, Any]) -> str:
    name = _name(one)
    if one["kind"] == "e":
        return f"create type {name} as enum ({', '.join(map(literal, one['labels'] or ()))})"
    if one["kind"] == "d":
        return f"create domain {name} as {one['base']}"
    if one["kind"] == "r":
        return f"create type {name} as range (subtype = {one['subtype']})"
    if one["kind"] == "c":
        fields = ", ".join(f"{identifier(f['name'])} {f['type']}" for f in one["fields"] or ())
        return f"create type {name} as ({fields})"
    return _base_type(one)


def _base_type(one: Mapping[str, Any]) -> str:
    """A type of its own whose values are kept as text, whatever they mean."""
    name, schema = _name(one), identifier(one["schema"])
    stem = identifier(f"standin_{one['name']}_in"), identifier(f"standin_{one['name']}_out")
    read, write = f"{schema}.{stem[0]}", f"{schema}.{stem[1]}"
    # A modifier such as the 1536 of vector(1536) is one number at most here.
    modifier = ""
    strict = "language internal immutable strict"
    lines = [
        f"create type {name}",
        f"create function {read}(cstring) returns {name} {strict} as '{_TEXT_IN}'",
        f"create function {write}({name}) returns cstring {strict} as '{_TEXT_OUT}'",
    ]
    if one["has_modifier"]:
        for word, source, taken, given in (
            ("modin", "varchartypmodin", "cstring[]", "integer"),
            ("modout", "varchartypmodout", "integer", "cstring"),
        ):
            label = f"standin_{one['name']}_{word}"
            of = f"{schema}.{identifier(label)}"
            lines.append(
                f"create function {of}({taken}) returns {given} language internal immutable strict"
                f" as '{source}'"
            )
            modifier += f", {'typmod_in' if word == 'modin' else 'typmod_out'} = {of}"
    lines.append(
        f"create type {name} (input = {read}, output = {write}, internallength = variable,"
        f" storage = extended{modifier})"
    )
    return "; ".join(lines)


def _relation(one: Mapping[str, Any]) -> str:
    name = _name(one)
    if one["kind"] == "S":
        return f"create sequence {name}"
    columns = [f"{identifier(column['name'])} {column['type']}" for column in one["columns"]]
    return f"create table {name} ({', '.join([*columns, *one['keys']])})"


def _function(one: Mapping[str, Any]) -> str:
    name = _name(one)
    if one["kind"] == "p":
        return f"create procedure {name}({one['arguments']}) language plpgsql as 'begin end'"
    body = literal(f"begin raise exception 'a stand-in for {one['name']}'; end")
    return (
        f"create function {name}({one['arguments']}) returns {one['result']} language plpgsql"
        f" {_VOLATILITY[one['volatile']]} as {body}"
    )


def _is_of_a_type(one: Mapping[str, Any], bases: set[str]) -> bool:
    """Whether a function only reads or writes a type that has stand-ins for these."""
    return (
        one["language"] in _SELF_MADE
        and ("cstring" in one["arguments"] or one["result"] in {"cstring", "internal"})
        and bool(bases)
    )


def _operator(one: Mapping[str, Any]) -> str:
    sides = [f"rightarg = {one['right_type']}", f"function = {one['function']}"]
    if one["left_type"]:
        sides.insert(0, f"leftarg = {one['left_type']}")
    return f"create operator {identifier(one['schema'])}.{one['name']} ({', '.join(sides)})"
