"""`flask work`: the job worker with its relay and sweeper."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from coalition.kernel import jobs
from coalition.kernel.db import transact


@click.command()
@click.option("--couriers", default=1, show_default=True, type=click.IntRange(1, 16), help="Worker processes.")
@click.option("--role", type=click.Choice(["supervisor", "sweeper", "courier"]), default="supervisor", hidden=True)
@with_appcontext
def work(couriers: int, role: str) -> None:
    """Do jobs until stopped: couriers woken by Valkey, and a sweeper that needs none."""
    from coalition.kernel.jobs import worker

    if role == "sweeper":
        worker.sweep(couriers)
    elif role == "courier":
        worker.listen()
    else:
        worker.supervise(couriers)


@click.command("revive-job")
@click.argument("job_id", type=int)
@with_appcontext
def revive_job(job_id: int) -> None:
    """Try a job again that was given up; `/readyz` counts them, the table `job` has their errors."""
    if not transact(lambda: jobs.revive(job_id)):
        raise click.ClickException(f"job {job_id} was not given up")
    click.echo(f"job {job_id} is due")
