"""What goes over the wire, by noun; the front end's types are generated from these models."""
