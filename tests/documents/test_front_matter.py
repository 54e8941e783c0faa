"""The YAML at the head of a Markdown file, told from a text that begins with a rule."""

import pytest

from sofrito.documents import front_matter, front_title


@pytest.mark.parametrize(
    ("front", "title"),
    [
        ("---\ntitle: Tea\n---\n", "Tea"),
        ("---\n# about\nauthors:\n  - A. Leaf\n\nTitle:   Tea, hot # or not\n...\n", "Tea, hot"),
        ('---  \r\ntags:\r\n- a\r\ntitle: "On \\"tea\\"" # so\r\n--- \r\n', 'On "tea"'),
        ("---\ntitle: 'A pot''s lid'\n---\n", "A pot's lid"),
        ("---\ntitle: >-\n  Tea\n---\n", ""),
        ('---\ntitle: "Tea\\"\n---\n', ""),
        ("---\ntitle: '\n---\n", ""),
        ("---\nsubtitle: Tea\ntitle:\n---\n", ""),
        ("---\n---\n", ""),
    ],
)
def test_it_ends_where_its_second_mark_does(front: str, title: str) -> None:
    assert (front_matter(f"{front}# Pots\n---\n"), front_title(front)) == (len(front), title)
    assert front_matter(front.rstrip()) == len(front.rstrip())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "---",
        "\n---\ntitle: Tea\n---\n",
        "---\nTea is hot.\n---\n",
        "---\n\n# Tea\n\nIt is hot.\n\n---\n",
        "---\n- Tea\n---\n",
        "---\ntitle: Tea\nIt is hot.\n---\n",
        "---\ntitle: Tea\n",
        "----\ntitle: Tea\n----\n",
        "---\n" + " \n" * 50_000 + "Tea",
    ],
)
def test_what_is_a_rule_and_no_front_matter(text: str) -> None:
    assert front_matter(text) == 0
