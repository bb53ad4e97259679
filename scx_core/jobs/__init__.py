"""Long work outside the web server."""

from scx_core.jobs.job import ACTIVE, Job, list_jobs, start_job

__all__ = ["ACTIVE", "Job", "list_jobs", "start_job"]
