"""What the README's figures come from: loads, what they are compared with, and the tables."""
