"""Commands that only print: export-schema, version."""

from __future__ import annotations

import typer

from graphql_api import __version__
from schema import export_sdl

commands = typer.Typer()


@commands.command("export-schema")
def export_schema() -> None:
    """Print the GraphQL schema, as it stands in schema.graphql."""
    typer.echo(export_sdl(), nl=False)


@commands.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)
