"""Floating IPs: addresses that move between servers. Only the books: no packet finds one."""
