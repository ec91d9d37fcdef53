"""Clients of other programs' APIs, for the Pulumi program and the operator CLI alike."""
