"""The desk's pages: what people look at. HTML out, services in; no SQL, no JSON of the API."""
