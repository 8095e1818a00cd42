"""Public verbs beside least squares: a file each."""
