"""Access: a module until a moment; each change has one cause."""
