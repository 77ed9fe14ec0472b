"""Tests and notebooks run in one pool; what both need is in this plugin."""

pytest_plugins = ["tests.pool"]
