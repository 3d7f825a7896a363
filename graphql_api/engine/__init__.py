"""Running GraphQL operations for any schema: preparing, limiting, executing, feeding.

It knows no noun. What it must be told of a schema stands in `Vocabulary`; what it asks of an
operation's context, in `OperationContext`.
"""
