"""What `sofrito plan` prints for machines."""

import json
from dataclasses import asdict

from sofrito.cli.plan_text import basis, guessed, lanes_of, most_calls, warnings
from sofrito.export.forecast import Forecast


def plan_json(told: Forecast) -> str:
    """Return a plan for machines."""
    return json.dumps(_plain(told), ensure_ascii=False, indent=2)


def _plain(told: Forecast) -> dict[str, object]:
    found = told.estimate
    return {
        "recipe": told.recipe.recipe,
        "fingerprint": told.fingerprint,
        "rows": {"wanted": told.recipe.rows, "likely": found.rows},
        "candidates": found.candidates,
        "basis": {
            "candidates_seen": found.settled,
            "whole_run_in_journal": found.whole,
            "words": basis(told),
        },
        "calls": {
            "likely": found.calls,
            "low": None if guessed(told) else found.low,
            "high": None if guessed(told) else found.high,
            "in_journal": found.held,
            "to_ask": found.calls - found.held,
        },
        "checks": found.checks,
        "most_checks": most_calls(told, checks=True),
        "seconds": round(found.seconds, 3) if found.timed else None,
        "usd": _usd(told),
        "prices": told.prices,
        "steps": [_step(told, index) for index in range(len(told.steps))],
        "speeds": {name: asdict(one) for name, one in told.speeds.items()},
        "cells": [
            {"values": dict(cell.values), "rows": cell.quota, "share": cell.share}
            for cell in told.cells
        ],
        "prompts": [
            {
                "step": told.steps[one.step],
                "candidate": one.candidate,
                "missing": list(one.missing),
                "messages": [{"role": m.role, "content": m.content} for m in one.messages],
            }
            for one in told.prompts
        ],
        "models": [
            {
                "name": one.name,
                "what": one.what,
                "license": one.license,
                "terms": {"verdict": one.terms.verdict, "words": one.terms.words},
                "accepted_because": one.accepted,
                "price": _source(told, one.name),
            }
            for one in told.models
        ],
        "hosts": [{"url": h.url, "models": list(h.models), "local": h.local} for h in told.hosts],
        "files": [{"path": file.path, "what": file.what} for file in told.files],
        "notes": list(warnings(told)),
    }


def _step(told: Forecast, index: int) -> dict[str, object]:
    step, bound, found = told.estimate.steps[index], told.bounds[index], told.estimate
    return {
        "step": told.steps[index],
        "rows_seen": found.seen[index],
        "rows_in": round(step.entered),
        "rows_out": round(step.out),
        "calls": round(step.calls),
        "calls_in_journal": round(step.held),
        "most_calls": bound.calls,
        "read": round(step.read + step.held_read),
        "written": round(step.written + step.held_written),
        "most_written": bound.written,
        "seconds": round(step.seconds / lanes_of(told), 3) if found.timed else None,
        "usd": None if step.unpriced else round(step.usd, 9),
    }


def _usd(told: Forecast) -> float | None:
    steps = told.estimate.steps
    return None if any(step.unpriced for step in steps) else round(sum(s.usd for s in steps), 9)


def _source(told: Forecast, name: str) -> str | None:
    tariff = told.tariffs.get(name)
    return tariff.source if tariff else None
