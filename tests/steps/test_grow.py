from desk import Here, operation_of, row_of, step_of

from sofrito.steps.work import Event, Map


def test_a_row_is_offered_to_the_pool_with_the_columns_named() -> None:
    step, here, row = step_of(grow="tasks", columns=["a", "b"]), Here(), row_of(a="x", b=None, c=3)
    operation = operation_of(step)
    assert isinstance(operation, Map)
    told = row.told(Event("grow tasks", "grow", {"pool": "tasks"}))
    assert operation.run(row, here) == [told]
    assert here.offered == [("tasks", row, {"a": "x", "b": None})]


def test_what_a_step_tells_of_itself() -> None:
    step = step_of(grow="tasks", columns="a")
    assert (step.label, step.grows(), step.pools()) == ("grow tasks", "tasks", ("tasks",))
    assert (step.uses(), step.makes(), step.rewrites()) == (("a",), (), ())
