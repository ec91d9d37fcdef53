"""Rows of a drill are found by what was written, not by the name of a table."""

from __future__ import annotations

import psycopg

from runbook.drills import survivors
from tests.postgres import server

_WORLD = """
CREATE TABLE public.notes (id int PRIMARY KEY, "Said what" text, kept varchar(40));
CREATE TABLE public.counts (n int);
CREATE VIEW public.shown AS SELECT "Said what" FROM public.notes;
INSERT INTO public.notes VALUES (1, 'drill-1a-1', 'x'), (2, 'y', 'drill-1a-2'),
  (3, 'drill-1b-3', 'drill-1a'), (4, 'a drill-1a-4', NULL)
"""


def test_rows_are_found_in_whatever_table_the_app_has() -> None:
    """By the drill's prefix, in each column of texts; another drill's are none of ours."""
    with server(17) as made:
        made.sql(_WORLD)
        with psycopg.connect(made.url()) as connection:
            assert survivors.names(connection, "drill-1a") == {"drill-1a-1", "drill-1a-2"}
            assert survivors.names(connection, "drill-2") == set()
