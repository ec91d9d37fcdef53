"""The pinned Pulumi engine and plugins for machines that cannot download them."""
