"""B5: the recovery kit, all that a fresh platform needs and the lost server must not hold alone."""

from runbook.kit.crypt import open_sealed, seal
from runbook.kit.model import Kit
from runbook.kit.passphrase import KitError, Passphrase

__all__ = ["Kit", "KitError", "Passphrase", "open_sealed", "seal"]
