"""Calls to prompts: the chat template's text, and where what the model writes then ends."""

from sofrito.teachers.call import Message
from sofrito.teachers.chat import ChatTemplate
from sofrito.teachers.teacher import Refused

_HERE = "sofrito-writes-here"


def closing(template: ChatTemplate) -> str:
    """Return what the template puts behind an assistant's message; "" where that cannot be told."""
    said = (Message("user", "Hi"), Message("assistant", _HERE), Message("user", "Hi"))
    try:
        return template.render(said).partition(_HERE)[2]
    except Refused:
        return ""
