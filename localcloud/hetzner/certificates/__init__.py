"""Certificates, uploaded and managed, for https services of load balancers."""
