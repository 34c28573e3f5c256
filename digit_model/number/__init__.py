"""A picture with several digits → the number that they make."""
