"""The recipe as written: its models, its loading with positions, its checks."""
