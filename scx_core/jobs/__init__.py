"""Long work outside the web server."""

from scx_core.jobs.directory import ACTIVE
from scx_core.jobs.job import Job, find_job, list_jobs, start_job
from scx_core.jobs.queue import set_slots, slots

__all__ = ["ACTIVE", "Job", "find_job", "list_jobs", "set_slots", "slots", "start_job"]
