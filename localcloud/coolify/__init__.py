"""Coolify as the double plays it: the API, the deployments and the proxy of version 4.3.10.

The package runs inside a server's Docker, in the images `coolify` and `coolify-proxy`; state is
in a real PostgreSQL under Coolify's own table names, and deployments are real containers.
"""

VERSION = "4.3.10"
"""The version whose behaviour is reproduced; what GET /version answers unless told otherwise."""
