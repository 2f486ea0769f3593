"""How is the directory published? The relay leases marks and sends each as a parcel."""
