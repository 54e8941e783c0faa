"""What is known of servers' batch jobs, as a table."""

from collections.abc import Mapping

MAX_LINES, MAX_BYTES = 50_000, 95_000_000
"""The most lines and bytes of one file."""

PRICE_FACTOR = 1.0
"""What a token costs in a job, against a live call's, where nothing is known: money is not guessed low."""

PRICE_FACTORS: Mapping[str, float] = {
    "api.openai.com": 0.5,
    "api.groq.com": 0.5,
    "api.together.xyz": 0.5,
    "api.deepinfra.com": 0.8,
}
"""The same by host."""

WITHOUT: Mapping[str, str] = {
    "Anthropic": "its batches are not behind its OpenAI-compatible endpoint",
    "DeepSeek": "it has none",
    "Gemini": "its files are uploaded in Google's own way",
    "LM Studio": "it has none",
    "Mistral": "its jobs have a shape of their own",
    "Ollama": "it has none",
    "OpenRouter": "it has none",
    "Together": "its files and jobs have a shape of their own",
}
"""Profiles, by name, whose jobs cannot be asked this way, and why.

Every other server is asked, and one without the endpoints says so by its first answer. Run for real
was a mock alone. Looked up in documentation and never run: OpenAI (50,000 lines and 200 MB a file, half
price, 24 hours, metadata of 16 pairs, jobs listed newest first by 100), Azure (the same), Groq (chats
only, half price), DeepInfra (a fifth off), Novita (statuses in capitals), Parasail and Doubleword (as
OpenAI); Gemini (jobs through OpenAI's library, files not), Together (100 MB), Anthropic and Mistral
(protocols of their own). From memory: that Together's files differ, and who has no jobs at all; vLLM
runs such a file as a program, not as a server.
"""
