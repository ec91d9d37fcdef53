"""Load balancer types: what a load balancer may hold, and its price."""
