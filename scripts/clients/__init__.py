"""What watch.py, replay.py and mirror.py share beside graphql_api.client: options, places."""
