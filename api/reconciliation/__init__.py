"""How is downstream kept in step? Reconciliation compares versions, judges and repairs them."""
