"""The local teacher: GGUF models in this process, through llama.cpp."""
