from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sofrito.prompts import Render, Templates
from sofrito.recipe.expressions import ExpressionError
from sofrito.recipe.sources import TemplateSources, is_file
from sofrito.recipe.values import LARGEST

Files = Callable[..., Templates]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Return templates of a recipe with these files, those at `shared/` being the shared ones."""

    def make(**texts: str) -> Templates:
        (tmp_path / "recipe").mkdir(exist_ok=True)
        (tmp_path / "shared").mkdir(exist_ok=True)
        for name, text in texts.items():
            root = tmp_path if name.startswith("shared/") else tmp_path / "recipe"
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")
        return Templates(TemplateSources(tmp_path / "recipe", shared=tmp_path / "shared"))

    return make


def rendered(templates: Templates, template: str, **values: Any) -> str:
    """Return the text, or what is wrong."""
    (text,) = templates.render([Render(template, values)])
    return text.words if isinstance(text, ExpressionError) else text


def inline(template: str, **values: Any) -> str:
    return rendered(
        Templates(TemplateSources(Path("/nowhere"), shared=Path("/nowhere"))), template, **values
    )


def test_a_template_sees_the_values() -> None:
    text = (
        "{% for s in shots %}\n- {{ s.t }}\n{% endfor %}\n{% if hint %}{{ hint }}{% endif %}\nEnd"
    )
    assert inline(text, shots=[{"t": "a"}, {"t": "b"}], hint=None) == "- a\n- b\nEnd"


def test_one_request_that_fails_leaves_the_others() -> None:
    templates = Templates(TemplateSources(Path("/nowhere"), shared=Path("/nowhere")))
    one, failed, other = templates.render(
        [Render("{{ a }}", {"a": 1}), Render("{{ a }}", {}), Render("{{ a }}", {"a": 2})]
    )
    assert (one, other) == ("1", "2")
    assert isinstance(failed, ExpressionError)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ none_ }}|{{ 'a' ~ none_ ~ 'b' }}|{{ [none_, 'c'] | join('-') }}", "|ab|-c"),
        ("{{ <b> }}".replace("<b>", "'<b>'") + "{{ '<' ~ '&' }}", "<b><&"),
        ("{{ {'é': [1, none, true]} | tojson }}", '{"é": [1, null, true]}'),
        ("{{ [1, 'a', none] }} {{ {'k': 1.5} }}", "[1, 'a', None] {'k': 1.5}"),
        ("{{ 'a\nb' | indent(2) }}", "a\n  b"),
        ("{{ ['b', 'a'] | sort | join(', ') }}", "a, b"),
        ("{{ rows | map(attribute='x') | join }}", "12"),
        ("{{ '%s of %03d' | format('a', 7) }} {{ '{:.2f}'.format(1) }}", "a of 007 1.00"),
        ("{{ 'aXbX' | replace('X', '-') }} {{ 'aXbX' | replace('X', '-', 1) }}", "a-b- a-bX"),
        ("{{ 'ab' * 2 }}{{ 2 * 'c' }}{{ 3 ** 2 }}{{ [1] + [2] }}{{ 7 % 4 }}", "ababcc9[1, 2]3"),
        ("{{ '{a}{a}'.format_map({'a': 1}) }}{{ '{b}'.format(b=2) }}", "112"),
        ("{{ '7'.zfill(3) }}{{ 'a'.center(3) }}|{{ ','.join(['x', 'y']) }}", "007 a |x,y"),
        ("{{ 2.567 | round(1) }} {{ [1, 2, 3] | batch(2) | list }}", "2.6 [[1, 2], [3]]"),
    ],
)
def test_what_templates_can_do(template: str, text: str) -> None:
    assert inline(template, none_=None, rows=[{"x": 1}, {"x": 2}]) == text


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{ nobody }}", "'nobody' is undefined"),
        ("{{ row.nothing }}", "a record has no field `nothing`"),
        ("{{ text | nofilter }}", "No filter named 'nofilter'."),
        ("{{ 1 / 0 }}", "something is divided by 0"),
        ("{{ text.upper }}", "`upper` is not a value: to call it, write `upper()`"),
        (
            "{{ row.values() }}",
            "a sequence is not a text yet: write `| join(', ')` behind it",
        ),
        (
            "{{ [text] | map('upper') }}",
            "a sequence is not a text yet: write `| join(', ')` behind it",
        ),
        ("{{ 'a' ~ text.upper }}", "`upper` is not a value: to call it, write `upper()`"),
        ("{{ self }}", "TemplateReference is not a value that a column can hold"),
        ("{{ [text.missing] }}", "a text has no field `missing`"),
        ("{% include 'nowhere.j2' %}", "there is no template `nowhere.j2`"),
        ("nowhere.j2", "there is no template `nowhere.j2`"),
    ],
)
def test_what_fails_says_why(template: str, words: str) -> None:
    assert inline(template, text="x", row={"a": 1}) == words


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__ }}",
        "{{ ''['__class__'] }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ '{0.__class__}'.format('') }}",
        "{{ ['']|map(attribute='__class__')|list }}",
        "{{ text.encode() }}",
        "{{ '{x.__class__}'.format_map({'x': 1}) }}",
        "{{ (1).to_bytes(9, 'big') }}",
        "{{ text.translate({120: 'y'}) }}",
        "{{ rows.append(1) }}",
        "{{ row.update({'a': 2}) }}",
    ],
)
def test_the_sandbox_refuses(template: str) -> None:
    row = {"a": 1}
    words = inline(template, text="x", row=row, rows=[])
    assert words.startswith("not allowed: ")
    assert row == {"a": 1}


@pytest.mark.parametrize(
    "name",
    ["attr", "center", "e", "escape", "pprint", "random", "safe", "urlize", "wordwrap", "xmlattr"],
)
def test_filters_that_a_recipe_has_no_use_for_are_not_there(name: str) -> None:
    assert inline("{{ text | " + name + " }}", text="x") == f"No filter named '{name}'."


@pytest.mark.parametrize("name", ["range", "lipsum", "cycler", "joiner", "namespace"])
def test_functions_that_a_recipe_has_no_use_for_are_not_there(name: str) -> None:
    assert inline("{{ " + name + "(3) }}") == f"'{name}' is undefined"


TOO_MUCH = f"it makes more than {LARGEST:,} characters or items"


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "template",
    [
        "{{ 'x' * 10**9 }}",
        "{{ 10**9 * 'x' }}",
        "{{ [1] * 10**9 }}",
        "{{ 'x'.ljust(10**9) }}",
        "{{ 'x'.rjust(10**9) }}",
        "{{ 'x'.center(10**9) }}",
        "{{ 'x'.zfill(10**9) }}",
        "{{ '%999999999d' % 1 }}",
        "{{ '%*d' % (999999999, 1) }}",
        "{{ '%999999999d' | format(1) }}",
        "{{ 9 ** 9999 }}",
        "{% set x = 9 ** 999 %}" + "{% set x = x * x %}" * 30,
        "{{ 'x' | indent(10**9) }}",
        "{% set x = 'x' * 10**6 %}{{ x.replace('x', x) }}",
        "{% set x = 'x' * 10**6 %}{{ x | replace('x', x) }}",
        "{% set x = 'x' * 10**6 %}{{ x.join([x] * 99) }}",
        "{% set x = 'x' * 10**6 %}{{ ([x] * 99) | join }}",
        "{% set x = 'x' * 10**6 %}{{ ('{0}' * 99).format(x) }}",
        "{% set x = 'x' * 10**6 %}{{ ('%(x)s' * 99) % {'x': x} }}",
        "{% set x = 'x' * 10**6 %}{{ [[x] * 9] * 9 }}",
        "{% set x = 'x' * 10**6 %}{{ ([[x] * 9] * 9) | tojson }}",
        "{% set x = 'x' * 10**6 %}" + "{% set x = x ~ x %}" * 30,
        "{% set x = 'x' * 10**6 %}" + "{% set x = x + x %}" * 30,
        "{% set x = [1] %}" + "{% set x = [x, x] %}" * 60 + "{{ x }}",
        "{% set x = 'x' * 10**6 %}{% for i in 'x' * 99 %}{{ x }}{% endfor %}",
        "{% set x = 'x' * 10**6 %}{% macro m() %}{% for i in 'x' * 99 %}{{ x }}{% endfor %}{% endmacro %}{{ m() }}",
        "{% set y %}{% for i in 'x' * 9 %}{{ 'x' * 10**6 }}{% endfor %}{% endset %}",
    ],
)
def test_a_template_cannot_fill_the_memory(template: str) -> None:
    assert inline(template) == TOO_MUCH


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{ '{:9999}'.format(1) }}", "it makes a format wider than 999"),
        ("{{ '{:{}}'.format(1, 9999) }}", "it makes a format wider than 999"),
        (
            "{{ [1] | batch(10**9, 0) | list }}",
            "it makes something of 1000000000, where at most 1000 are allowed",
        ),
        (
            "{{ [1] | slice(10**9) | list }}",
            "it makes something of 1000000000, where at most 1000 are allowed",
        ),
        (
            "{{ 1.5 | round(10**9) }}",
            "it makes something of 1000000000, where at most 1000 are allowed",
        ),
    ],
)
def test_numbers_that_make_much_of_little_are_bounded(template: str, words: str) -> None:
    assert inline(template) == words


@pytest.mark.parametrize(
    "template",
    [
        "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
        "{{ " + "[" * 250 + "1" + "]" * 250 + " }}",
        "{% for i in [1] %}" * 50 + "{% endfor %}" * 50,
    ],
)
def test_a_template_nested_without_end_is_an_error_as_any_other(template: str) -> None:
    assert inline(template) == "it is nested too deeply"


def test_includes_are_found_in_the_recipe_then_among_the_shared_then_beside(files: Files) -> None:
    templates = files(
        **{
            "prompts/ask.j2": "{% include 'part.j2' %} {% include 'rules.j2' %} {% include 'deep/own.j2' %}",
            "prompts/part.j2": "beside",
            "prompts/deep/own.j2": "own {% include 'inner.j2' %} {% include '../part.j2' %}",
            "prompts/deep/inner.j2": "inner {{ a }}",
            "shared/rules.j2": "shared",
            "rules.j2": "the recipe's own",
        }
    )
    expected = "beside the recipe's own own inner 7 beside"
    assert rendered(templates, "prompts/ask.j2", a=7) == expected
    assert rendered(templates, "{% include 'part.j2' %}") == "beside"


def test_a_file_of_the_shared_prompts_may_be_the_prompt(files: Files) -> None:
    templates = files(
        **{"shared/judge.j2": "Judge {{ a }}{% include 'scale.j2' %}", "shared/scale.j2": "!"}
    )
    assert rendered(templates, " judge.j2 ", a=1) == "Judge 1!"


def test_what_fails_in_a_file_is_told_with_file_and_line(files: Files) -> None:
    templates = files(**{"a.j2": "A\n{% include 'b.j2' %}", "b.j2": "B\n\n{{ row.gone }}"})
    words = "b.j2, line 3: a record has no field `gone`"
    assert rendered(templates, "a.j2", row={}) == words
    assert inline("A\n{{ row.gone }}", row={}) == "a record has no field `gone`"


def test_an_include_of_itself_ends(files: Files) -> None:
    templates = files(**{"a.j2": "{% include 'b.j2' %}", "b.j2": "{% include 'a.j2' %}"})
    words = "it calls or includes itself without an end"
    assert rendered(templates, "a.j2") == words
    assert inline("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}") == words


@pytest.mark.parametrize(
    "name", ["../secret.j2", "/etc/hostname.j2", "link.j2", "prompts/../../secret.j2", "a\0.j2"]
)
def test_nothing_outside_of_the_folders_is_read(files: Files, tmp_path: Path, name: str) -> None:
    templates = files(**{"prompts/a.j2": "a"})
    (tmp_path / "secret.j2").write_text("secret")
    (tmp_path / "recipe" / "link.j2").symlink_to(tmp_path / "secret.j2")
    assert rendered(templates, name) == f"there is no template `{name}`"
    assert rendered(templates, "{% include name %}", name=name) == f"there is no template `{name}`"


def test_a_circle_of_links_is_no_template(files: Files, tmp_path: Path) -> None:
    templates = files()
    (tmp_path / "recipe" / "one.j2").symlink_to(tmp_path / "recipe" / "two.j2")
    (tmp_path / "recipe" / "two.j2").symlink_to(tmp_path / "recipe" / "one.j2")
    assert rendered(templates, "one.j2") == "there is no template `one.j2`"


def test_a_template_is_read_once(files: Files, tmp_path: Path) -> None:
    templates = files(**{"a.j2": "first {% include 'b.j2' %}", "b.j2": "first"})
    assert rendered(templates, "a.j2") == "first first"
    (tmp_path / "recipe" / "a.j2").write_text("second")
    (tmp_path / "recipe" / "b.j2").unlink()
    assert rendered(templates, "a.j2") == "first first"


def test_a_byte_order_mark_is_no_part_of_the_text(files: Files) -> None:
    assert rendered(files(**{"a.j2": "\ufeffHello"}), "a.j2") == "Hello"


def test_what_is_a_file_and_what_is_a_text() -> None:
    names = ["a.j2", " prompts/a.j2\n", "{{ a }}.j2", "see\na.j2", "a.txt", ""]
    assert [is_file(name) for name in names] == [True, True, False, False, False, False]


def test_sources_list_what_there_is(tmp_path: Path) -> None:
    for name in ("recipe/prompts/a.j2", "recipe/b.j2", "shared/c.j2", "recipe/d.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"text of {name}\n")
    sources = TemplateSources(tmp_path / "recipe", shared=tmp_path / "shared")
    assert list(sources.names()) == ["b.j2", "prompts/a.j2", "c.j2"]
    assert sources.text("c.j2") == "text of shared/c.j2\n"
    assert sources.text("in {{ line }}") == "in {{ line }}"
    assert sources.included("a.j2") == "prompts/a.j2"
    assert sources.included("a.j2", "prompts/x.j2") == "prompts/a.j2"
    assert sources.included("../b.j2", "prompts/x.j2") == "b.j2"
    assert sources.included("nowhere.j2", "prompts/x.j2") is None
