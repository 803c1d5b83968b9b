"""What tests stand on: real desks, real databases, real clients."""
