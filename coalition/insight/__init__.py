"""Insight: what a promotion would cost before it runs, and what it changed after it ran. Reads; books nothing."""

from coalition.insight.backtests.asking import MARGIN_BP, ask
from coalition.insight.backtests.budgets import parted
from coalition.insight.backtests.figures import Figures, read, taken
from coalition.insight.backtests.keeping import (
    MAKE,
    Backtest,
    advance,
    cancel,
    candidate,
    differences,
    fail,
    fail_orphans,
    figures,
    finish,
    get,
    listed,
    start,
)
from coalition.insight.backtests.making import Cursor, Trial, trial_of
from coalition.insight.backtests.replaying import Replay, replay
from coalition.insight.backtests.seen import DISCOUNTS, minor
from coalition.insight.backtests.sums import Pair
from coalition.insight.backtests.tallying import Difference
from coalition.insight.experiments.measuring import FIGURES, Experiment, Measured, experiments, measure
from coalition.insight.experiments.welch import Sample, Uplift
from coalition.insight.shadowing import (
    Cast,
    Shadow,
    cast,
    follow,
    running_shadows,
    shadow,
    shadows,
    start_shadow,
    stop_shadow,
)

__all__ = [
    "DISCOUNTS",
    "FIGURES",
    "MAKE",
    "MARGIN_BP",
    "Backtest",
    "Cast",
    "Cursor",
    "Difference",
    "Experiment",
    "Figures",
    "Measured",
    "Pair",
    "Replay",
    "Sample",
    "Shadow",
    "Trial",
    "Uplift",
    "advance",
    "ask",
    "cancel",
    "candidate",
    "cast",
    "differences",
    "experiments",
    "fail",
    "fail_orphans",
    "figures",
    "finish",
    "follow",
    "get",
    "listed",
    "measure",
    "minor",
    "parted",
    "read",
    "replay",
    "running_shadows",
    "shadow",
    "shadows",
    "start",
    "start_shadow",
    "stop_shadow",
    "taken",
    "trial_of",
]
