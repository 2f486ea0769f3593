"""How does HTTP reach the api? In requests that are named, measured, bounded and described."""
