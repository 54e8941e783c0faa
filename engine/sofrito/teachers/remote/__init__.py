"""Remote teachers: any server that speaks OpenAI's protocol."""
