"""What can go wrong between the double and Docker, told to the person at the terminal."""

from __future__ import annotations

from localcloud.errors import LocalCloudError


class NodeError(LocalCloudError):
    """The Docker side of the double cannot do its work; the text says why and what would help."""


class EngineMissingError(NodeError):
    """There is no Docker engine to talk to and none could be started."""


class ImageError(NodeError):
    """An image could not be built, pulled or published."""


class ServiceError(NodeError):
    """A service container of an instance did not come up."""
