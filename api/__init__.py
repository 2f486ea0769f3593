"""What do providers and administrators talk to? The api keeps their directory and publishes it."""
