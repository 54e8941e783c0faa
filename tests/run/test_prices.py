"""Prices: the recipe's own, the packaged table, what runs here, and what nobody knows."""

import pytest

from sofrito.problems import Trouble
from sofrito.recipe.model import Model
from sofrito.run.budget import Reserved
from sofrito.run.charge import Charge, charge_of
from sofrito.run.cost import ModelCost, costs_of, dollars, spelled
from sofrito.run.journal import Spent
from sofrito.run.manifest import cost_of
from sofrito.run.prices import FREE, Declared, all_priced, table, tariffs_of
from sofrito.run.totals import Bill, Totals


def server(model: str, url: str = "https://api.openai.com/v1", **more: object) -> Model:
    return Model.model_validate({"backend": "openai", "base_url": url, "model": model, **more})


def test_a_declared_price_wins_over_all_else() -> None:
    model = server("gpt-4o-mini", price={"input": 2, "output": 10})
    (tariff,) = tariffs_of({"m": model}, {"m": 0.5}).values()
    assert tariff == Declared(2.0, 10.0)
    assert tariff.usd(1_000, 100) == pytest.approx(0.003)


def test_what_runs_here_costs_nothing() -> None:
    assert tariffs_of({"m": Model(model="local")}) == {"m": FREE}
    assert FREE.usd(10**9, 10**9) == 0.0


def test_the_table_prices_by_address_and_name() -> None:
    pytest.importorskip("genai_prices")
    models = {
        "known": server("gpt-4o-mini"),
        "batch": server("gpt-4o-mini"),
        "nobody's": server("a-model-nobody-sells"),
        "own server": server("gpt-4o-mini", "http://localhost:8000/v1"),
    }
    tariffs = tariffs_of(models, {"batch": 0.5})
    assert (tariffs["nobody's"], tariffs["own server"]) == (None, FREE)
    known, batch = tariffs["known"], tariffs["batch"]
    assert known is not None
    assert batch is not None
    assert known.source == f"{table()}: openai/gpt-4o-mini"
    assert not known.free
    assert known.usd(1_000, 0) > 0
    assert known.usd(3_000, 300) == pytest.approx(3 * known.usd(1_000, 100))
    assert batch.usd(1_000, 100) == pytest.approx(known.usd(1_000, 100) / 2)


def test_limited_money_needs_every_price() -> None:
    models = {"a": server("secret", "https://models.example/v1"), "b": Model(model="local")}
    all_priced({"a": Declared(0, 0), "b": FREE}, models)
    with pytest.raises(Trouble) as error:
        all_priced({"a": None, "b": FREE}, models)
    assert error.value.what == (
        "`budget.usd` needs a price of every model asked, and that of `a` (secret) is not known."
    )
    assert error.value.fix.endswith(
        "dd `price: {input: …, output: …}`, in dollars for a million tokens, to the model."
    )


def test_answers_without_token_counts_have_no_price() -> None:
    from sofrito.teachers.result import Answer

    uncounted = Answer("x", "stop", 0, 0)
    nothing, some = Reserved(), Reserved(90, 0.5)
    price = Declared(1, 1)
    assert charge_of(uncounted, price, nothing, metered=False) == Charge(usd=None)
    assert charge_of(uncounted, FREE, nothing, metered=False) == Charge()
    assumed = Charge(tokens=90, usd=0.5, assumed=True)
    assert charge_of(uncounted, price, some, metered=False) == assumed
    counted = Answer("x", "stop", 10, 5)
    assert charge_of(counted, price, some, metered=False) == Charge(10, 5, 15, 15e-6)


PAID = Declared(1.0, 2.0)


def test_costs_are_of_all_sessions_and_unknown_is_said() -> None:
    before = {"": Spent(5, 50, 0.0, 5), "judge": Spent(10, 100, 0.5, 0)}
    totals = Totals(models={"judge": Bill(usd=0.25), "teacher": Bill(unpriced=3)})
    costs = costs_of(
        before,
        totals,
        ["judge", "teacher", "local"],
        {"judge": PAID, "teacher": None, "local": FREE},
    )
    assert costs == (
        ModelCost("", 0.0, 5, "unknown"),
        ModelCost("judge", 0.75, 0, "recipe"),
        ModelCost("local", 0.0, 0, "local"),
        ModelCost("teacher", 0.0, 3, "unknown"),
    )
    assert (
        spelled(costs)
        == "$0.75 and 8 answers (earlier ones and `teacher`) at a price that is not known"
    )
    told = cost_of(costs)
    assert (told["usd"], told["known_usd"], told["prices"]) == (None, 0.75, "")
    assert told["models"]["judge"] == {
        "usd": 0.75, "known_usd": 0.75, "unpriced_answers": 0, "price": "recipe",
    }  # fmt: skip


def test_a_run_on_this_machine_tells_of_no_money() -> None:
    before = {"": Spent(5, 50, 0.0, 5)}
    costs = costs_of(before, Totals(), ["teacher"], {"teacher": FREE})
    assert costs == (ModelCost("teacher", 0.0, 0, "local"),)
    assert spelled(costs) == ""


@pytest.mark.parametrize(
    ("usd", "words"),
    [(0.0, "$0.00"), (1234.5, "$1,234.50"), (0.0123, "$0.012"), (0.00002, "<$0.0001")],
)
def test_sums_are_told_with_two_digits_that_say_something(usd: float, words: str) -> None:
    assert dollars(usd) == words
