"""How are groups served and stored? A request passes bodies, writes, store and statements."""
