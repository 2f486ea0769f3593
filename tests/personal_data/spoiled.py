"""How does a database fail in words that quote what is personal? Rows that it refuses."""

from tests.personal_data.marks import NAME

POSTGRES_QUOTES = """
CREATE OR REPLACE FUNCTION quote_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
RAISE EXCEPTION 'the row %', NEW
USING ERRCODE = '22023', DETAIL = 'Failing row contains ' || NEW::text, HINT = NEW::text;
END $$
"""
TWINS_ARE_REFUSED = (
    "CREATE UNIQUE INDEX twins ON accounts (family_name) WHERE family_name LIKE '%twin%'"
)
"""PostgreSQL's error quotes the name as the key that exists already."""

UNREADABLE_MARK = f"""
UPDATE identities SET profile = '{{"user_name": ["{NAME}"], "email": "{NAME}"}}',
version = version + 1, dirty_lane = 1, dirty_since = 1, due_at = 0 WHERE id = '%s'
"""  # noqa: S608  # our own constants; a newer version, as the former one may still be cleared
FORGOTTEN_LEAVING = """
UPDATE identities SET active = true, deactivated_at = 0 WHERE id = '%s'
"""
LAST_TRY = """
UPDATE identities SET version = version + 1,
dirty_lane = 1, dirty_since = 1, due_at = 0, attempts = 4 WHERE id = '%s'
"""
UNREADABLE_REFUSAL = f"""
UPDATE sync_records SET replan_at = 1, event = '{{"type": "muster.identity-changed.v1",
"source": ["{NAME}"], "data": {{"profile": {{"email": ["{NAME}"]}}}}}}' WHERE identity = '%s'
"""  # noqa: S608  # as above


def quote_rows(url: str, table: str, column: str, of: str, on: str = "INSERT") -> tuple[str, ...]:
    """Return what lets a table refuse rows, and quote them, where a column contains a text."""
    if url.startswith("sqlite"):
        refuse = f"SELECT json_extract('{{}}', NEW.{column})"  # bad JSON path: '…'
        when = f"NEW.{column} LIKE '%{of}%'"
        return (f"CREATE TRIGGER quoting BEFORE {on} ON {table} WHEN {when} BEGIN {refuse}; END",)
    when = f"NEW.{column}::text LIKE '%%{of}%%'"
    each = f"BEFORE {on} ON {table} FOR EACH ROW WHEN ({when})"
    return POSTGRES_QUOTES, f"CREATE TRIGGER quoting {each} EXECUTE FUNCTION quote_row()"


def quote_no_rows(url: str, table: str) -> str:
    """Return the statement that ends it."""
    return "DROP TRIGGER quoting" + ("" if url.startswith("sqlite") else f" ON {table}")
