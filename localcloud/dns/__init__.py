"""An authoritative DNS server for the zones of the double."""
