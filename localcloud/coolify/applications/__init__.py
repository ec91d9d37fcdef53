"""Applications made of Docker images."""
