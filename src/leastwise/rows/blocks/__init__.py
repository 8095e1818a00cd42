"""Files that are read in blocks, as often as asked: never a whole one in memory."""
