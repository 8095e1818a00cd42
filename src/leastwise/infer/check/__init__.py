"""Checks of what a fit takes for granted: one file each, all in `registry`."""
