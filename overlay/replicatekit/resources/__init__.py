"""The nouns of the API, a module for each: `client.predictions`, `client.models`, and so on."""
