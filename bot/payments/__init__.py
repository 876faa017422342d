"""What is done with money outside the database: links, invoices, settling, refunding, reconciling."""
