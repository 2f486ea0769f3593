"""How is HTTP served and defended? uvicorn serves bound sockets, with bounds for every client."""
