"""Keeps requests away from containers that are about to stop; runs on the server itself.

It needs nothing but the system's Python. A file of the proxy's dynamic configuration names the
service's other containers, before the routes that labels make; that file is kept in line with what
runs until those containers are gone, and nobody is needed to take it away: not the machine that
asked for it, and not the next update.
"""
