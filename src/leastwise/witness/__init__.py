"""Independent truth that ships with the package: the NIST StRD linear problems."""
