"""Which statements does the worker write by hand? These, set-based and in stable order."""
