"""Runs what a stranger wrote: programs where they reach nothing, mathematics where it cannot last."""

from sofrito.sandbox.job import Ended, Job, Runner

__all__ = ["Ended", "Job", "Runner"]
