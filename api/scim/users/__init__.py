"""How are users served and stored? Requests share statements and transactions in batches."""
