"""Storage Boxes: SFTP space that outlives every server."""
