"""Whether the local double answers as the vendor did: recordings, replayed and compared."""
