"""SSH keys: who may log in to a new server."""
