"""Tools that are needed where the official ones cannot be had."""
