"""The processes: binding the socket, running the workers, ending them well."""
