"""From positions to play: how fast the ball flies, when it is hit and bounces, rallies.

Everything here takes a `Track` and opens no video; where a file says no times, rows are
given times first (`timed`).
"""

from balltrack.events.finding import (
    EventFinder,
    Finder,
    ToldFinder,
    VolleyFinder,
    heeding,
    load_finder,
)
from balltrack.events.live import LiveEventFinder, load_live_finder
from balltrack.events.modes import modes
from balltrack.events.play import play_of, with_play, with_play_live
from balltrack.events.rallies import Rally, find_rallies
from balltrack.events.times import frames_per_second, timed
from balltrack.events.velocity import Velocity, velocity
from balltrack.structures import Mode

__all__ = [
    "EventFinder",
    "Finder",
    "LiveEventFinder",
    "Mode",
    "Rally",
    "ToldFinder",
    "Velocity",
    "VolleyFinder",
    "find_rallies",
    "frames_per_second",
    "heeding",
    "load_finder",
    "load_live_finder",
    "modes",
    "play_of",
    "timed",
    "velocity",
    "with_play",
    "with_play_live",
]
