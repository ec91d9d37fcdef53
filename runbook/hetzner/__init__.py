"""Hetzner's API for operators: servers, their power, images; every action is waited for."""

from runbook.hetzner.client import Hetzner, HetznerError, connect, reach
from runbook.hetzner.models import Action, Image, Server

__all__ = ["Action", "Hetzner", "HetznerError", "Image", "Server", "connect", "reach"]
