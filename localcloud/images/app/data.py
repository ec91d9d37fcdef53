"""What the app does with its database: users, meals, and a fault to act."""

import socket
from collections.abc import Callable

from database import Database

Body = dict[str, object]
Route = Callable[[Database, Body], tuple[int, Body]]

_opened: list[Database] = []


def open_database(url: str) -> None:
    """Begin to look after it."""
    database = Database(url)
    database.watch(socket.gethostname())
    _opened.append(database)


def state() -> str:
    """In a word, for the health answer."""
    return "up" if _opened[0].is_up else "down"


def count_users(database: Database, _: Body) -> tuple[int, Body]:
    """How many users there are."""
    return 200, {"count": database.query("SELECT count(*) AS n FROM users")[0]["n"]}


def list_meals(database: Database, _: Body) -> tuple[int, Body]:
    """The last meals."""
    found = database.query(
        "SELECT id::text, name, kind::text, eaten_at::text FROM meals"
        " ORDER BY eaten_at DESC LIMIT 20"
    )
    return 200, {"meals": found}


def add_meal(database: Database, given: Body) -> tuple[int, Body]:
    """Write a meal of the first user."""
    name = given.get("name")
    if not isinstance(name, str) or not name:
        return 422, {"error": "name is missing"}
    found = database.query(
        "INSERT INTO meals (user_id, name, kind) SELECT id, %s, 'snack' FROM users"
        " ORDER BY created_at LIMIT 1 RETURNING id::text, eaten_at::text",
        (name,),
    )
    return 201, dict(found[0])


def leak(database: Database, given: Body) -> tuple[int, Body]:
    """Hold connections inside transactions for good: the fault that exhausts a pool."""
    return 200, {"held": database.hold(int(str(given.get("connections", 1))))}


ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "/users"): count_users,
    ("GET", "/meals"): list_meals,
    ("POST", "/meals"): add_meal,
    ("POST", "/debug/leak"): leak,
}


def answer(method: str, path: str, given: Body) -> tuple[int, Body] | None:
    """Status and body for a request that is about data; None for any other."""
    route = ROUTES.get((method, path))
    return route(_opened[0], given) if route else None
