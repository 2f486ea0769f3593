"""How are databases opened, watched and migrated? A module for each answers, in two dialects."""
