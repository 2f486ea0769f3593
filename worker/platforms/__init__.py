"""Where are accounts and devices kept? A platform keeps them, and each folder adapts a platform."""
