"""B5: the recovery kit, all that a fresh platform needs and the lost server must not hold alone."""

from runbook.kit.crypt import KitError, Passphrase, open_sealed, seal
from runbook.kit.model import Kit

__all__ = ["Kit", "KitError", "Passphrase", "open_sealed", "seal"]
