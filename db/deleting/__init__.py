"""An account deleted by its person: what goes, what stays."""
