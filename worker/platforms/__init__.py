"""Where are accounts and devices kept? A platform keeps them; each folder is an adapter to one."""
