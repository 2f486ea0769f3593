"""How far has each identity come downstream? Sync records, refusals, the ledger, failures."""
