"""Server types: sizes, prices, and where they are still sold."""
