"""Rows -> moments: the small, mergeable summary that every fit stands on."""
