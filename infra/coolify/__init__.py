"""Coolify seen from the program: a typed API client and dynamic resources on it."""
