"""The Hetzner Cloud API of the double: one folder a noun, held to the vendor document."""
