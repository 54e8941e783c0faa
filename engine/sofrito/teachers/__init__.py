"""How calls are answered: local and remote teachers, and a scripted one."""
