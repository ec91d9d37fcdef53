"""Running commands on managed servers over SSH."""
