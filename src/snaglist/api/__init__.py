"""JSON in, JSON out: parse, call a service, render. One table of routes, one of problems."""
