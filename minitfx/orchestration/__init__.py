"""How a run goes: what runner.py lets happen, step by step."""
