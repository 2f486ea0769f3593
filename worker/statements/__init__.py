"""Which statements does the worker write by hand? All of them are here, set-based and in stable order."""
