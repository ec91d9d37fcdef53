"""What the program tells when it cannot do what was asked."""


class DumpError(Exception):
    """Says what is wrong, and what to do where that is known."""


class CorruptDumpError(DumpError):
    """A dump in the repository is not what was put there; another may be."""


class LockedError(DumpError):
    """Somebody else holds the repository."""


class DamagedError(DumpError):
    """restic found the repository damaged."""


class BusyError(DumpError):
    """Another run is at work."""
