"""Servers: the machines and their life."""
