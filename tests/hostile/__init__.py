"""What the desk must bear from the network: hostile bodies, slow clients, a stop under load."""
