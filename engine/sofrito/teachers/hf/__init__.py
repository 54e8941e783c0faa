"""The transformers teacher: a Hugging Face checkpoint, or a GGUF file, in this process through torch."""
