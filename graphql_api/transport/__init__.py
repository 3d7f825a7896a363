"""HTTP and graphql-transport-ws: from bytes to operations and back."""
