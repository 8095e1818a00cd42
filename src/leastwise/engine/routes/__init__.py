"""Routes to the same line, one file each, each run in a process of its own."""
