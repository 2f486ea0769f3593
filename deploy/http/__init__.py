"""How is HTTP served and defended? uvicorn on bound sockets, with bounds for every client."""
