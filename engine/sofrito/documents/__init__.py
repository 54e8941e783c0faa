"""Documents as text: PDF, Word and HTML files become Markdown, with the places of their pages."""

from sofrito.documents.document import Document, Unreadable
from sofrito.documents.read import PACKAGES, SUFFIXES, missing_package, read_document

__all__ = ["PACKAGES", "SUFFIXES", "Document", "Unreadable", "missing_package", "read_document"]
