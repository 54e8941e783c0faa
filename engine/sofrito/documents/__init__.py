"""Documents as text: PDF, Word and HTML files become Markdown, with the places of their pages."""

from sofrito.documents.check import check_document
from sofrito.documents.document import Document, Unreadable
from sofrito.documents.front_matter import front_matter, front_title
from sofrito.documents.read import PACKAGES, SUFFIXES, missing_package, read_document

__all__ = [
    "PACKAGES",
    "SUFFIXES",
    "Document",
    "Unreadable",
    "check_document",
    "front_matter",
    "front_title",
    "missing_package",
    "read_document",
]
