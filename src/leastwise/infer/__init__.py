"""After the fit: tests, intervals, criteria. Reads a fit, never makes one."""
