"""Dumps of the database: where they go, and the program on the server that takes them."""
