"""Load balancers: one address in front of many servers."""
