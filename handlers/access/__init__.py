"""What is open, and what admins give and take."""
