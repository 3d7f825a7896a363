"""Runs the command line: `python -m graphql_api --help`."""

from graphql_api.cli import main

if __name__ == "__main__":
    main()
