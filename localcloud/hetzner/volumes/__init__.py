"""Volumes: block storage that outlives servers. Only the books: no device appears in a server."""
