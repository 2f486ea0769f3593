"""In what does a request reach the database? Its transactions lock the rows that they change."""
