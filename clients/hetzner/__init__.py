"""Hetzner's API for operators: servers, their power, images; every action is waited for."""

from clients.hetzner.client import Hetzner, HetznerError, connect, reach
from clients.hetzner.models import Action, Image, Server

__all__ = ["Action", "Hetzner", "HetznerError", "Image", "Server", "connect", "reach"]
