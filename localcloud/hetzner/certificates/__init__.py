"""Certificates: uploaded ones, for https services of load balancers."""
