"""The way of a request to a replica: DNS, load balancer, Traefik's routes, maintenance page."""
