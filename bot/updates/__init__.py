"""The way of an update: fetched, processed in one transaction, answered after the commit."""
