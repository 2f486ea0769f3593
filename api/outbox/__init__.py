"""How does what the directory says get out? Marks, leases, parcels, and the relay."""
