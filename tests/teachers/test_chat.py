"""Chat templates from model files."""

from pathlib import Path

import pytest

from sofrito.problems import Trouble
from sofrito.teachers.call import Message
from sofrito.teachers.chat import CHATML, ChatTemplate, chosen_template
from sofrito.teachers.teacher import Refused

SYSTEM, USER = Message("system", "Be brief."), Message("user", "Hi")


def test_messages_tokens_and_the_assistants_turn() -> None:
    source = (
        "{{ bos_token }}{% for m in messages %}\n"
        "<{{ m['role'] }}>{{ m['content'] }}{{ eos_token }}\n"
        "{% endfor %}\n"
        "{% if add_generation_prompt %}<assistant>{% endif %}"
    )
    rendered = ChatTemplate(source, bos="<s>", eos="</s>").render([SYSTEM, USER])
    assert rendered == "<s><system>Be brief.</s>\n<user>Hi</s>\n<assistant>"


def test_what_templates_in_the_wild_use() -> None:
    source = (
        "{% for m in messages %}{% if loop.index > 1 %}{% break %}{% endif %}"
        "{% generation %}{{ m | tojson }}{% endgeneration %}{% endfor %}"
        "{{ tools is none }} {{ strftime_now('%d %b %Y') }}"
    )
    rendered = ChatTemplate(source).render([Message("user", "é"), USER])
    assert rendered == '{"role": "user", "content": "é"}True 26 Jul 2024'


def test_a_template_without_a_system_role_gets_it_with_the_first_user_message() -> None:
    source = (
        "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
        "{{ messages | map(attribute='content') | join('|') }}"
    )
    template = ChatTemplate(source)
    assert template.render([SYSTEM, USER, SYSTEM]) == "Be brief.\n\nHi|Be brief."
    with pytest.raises(Refused) as caught:
        template.render([SYSTEM])
    assert (caught.value.cause, caught.value.journaled) == ("chat template", False)
    assert caught.value.words == "the model's chat template does not take these messages: no system"


def test_a_template_that_is_no_jinja() -> None:
    with pytest.raises(Trouble, match="not valid Jinja"):
        ChatTemplate("{% if %}")


@pytest.mark.parametrize(
    "source", ["{{ messages.__class__.__mro__ }}", "{{ messages.append(1) }}", "{{ nothing() }}"]
)
def test_a_template_cannot_leave_its_sandbox(source: str) -> None:
    with pytest.raises(Refused):
        ChatTemplate(source).render([USER])


def test_a_broken_template_of_the_recipe_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.jinja").write_text("{{ oops")
    with pytest.raises(Trouble) as caught:
        chosen_template("bad.jinja", tmp_path)
    assert caught.value.what.startswith(f"{tmp_path / 'bad.jinja'} is not valid Jinja: ")
    assert not caught.value.what.endswith("..")


def test_a_template_is_chatml_or_a_file_of_the_recipe(tmp_path: Path) -> None:
    (tmp_path / "mine.jinja").write_text("{{ messages }}")
    assert chosen_template("mine.jinja", tmp_path) == "{{ messages }}"
    assert chosen_template("chatml", tmp_path) == CHATML
    for name in ("mine.txt", "../mine.jinja", "none.jinja"):
        with pytest.raises(Trouble, match=r"is no \.jinja file below"):
            chosen_template(name, tmp_path)
