"""Says whether a mirrored calendar shows what its source shows: the same (start, end, title), again and again.

It shares nothing with the program that it judges: `icalendar` reads, `recurring-ical-events` expands both sides.

    python compare.py QUESTIONS

QUESTIONS is a file of JSON lines, each a question:

    {"name": "...", "source": "path of an .ics file", "mirror": [events], "from": "2026-01-01T00:00:00Z",
     "until": "2027-01-01T00:00:00Z", "timeZone": "Europe/Vienna", "refused": ["UID", ...]}

`mirror` holds events as Graph has them, a series also with `exceptions` (whole, each with the `date` that it stands
for) and `cancelled` (dates). `timeZone` tells the times that name no zone. What is `refused` is left out on both sides, by
UID or, without one, as `#1` by its number in the file; so is what this reader can't read, listed as `unreadable`. Each answer is a JSON line:

    {"name": "...", "equal": true, "occurrences": 12, "only_source": [], "only_mirror": [], "unreadable": []}

A file that can't be read at all has an "error" instead.
"""

import json
import re
import sys
import warnings
import zoneinfo
from collections import Counter
from datetime import date, datetime, time, timedelta, timezone

# The zones of the pinned tzdata, not those of the machine.
zoneinfo.reset_tzpath(to=[])

import icalendar
import recurring_ical_events

UTC = timezone.utc
# Wide enough that no zone moves an occurrence out of what is expanded.
MARGIN = timedelta(days=2)
# What Exchange keeps of a title.
TITLE = 255


def main():
    warnings.simplefilter("ignore")
    with open(sys.argv[1], encoding="utf-8") as questions:
        for question in questions:
            print(json.dumps(answer(json.loads(question))), flush=True)


def answer(question):
    name = question["name"]
    # Zones that one file defines must not be known in the next.
    icalendar.use_zoneinfo()
    try:
        with open(question["source"], "rb") as file:
            calendars = icalendar.Calendar.from_ical(mended(file.read()), multiple=True)
    except Exception as error:
        return {"name": name, "error": f"{type(error).__name__}: {error}"}
    view = View(question)
    source, unreadable = view.source(calendars)
    mirror = view.mirror(question["mirror"], unreadable)
    only_source, only_mirror = source - mirror, mirror - source
    return {
        "name": name,
        "equal": not only_source and not only_mirror,
        "occurrences": sum(source.values()),
        "only_source": sorted(only_source.elements()),
        "only_mirror": sorted(only_mirror.elements()),
        "unreadable": [{"uid": uid, "why": why} for uid, why in unreadable.items()],
    }


def mended(text):
    """The text without what the library misreads.

    A day has no zone (RFC 5545, 3.2.19): with one it would become a moment. A zone's name does not begin with space: the
    library drops it where the zone is defined, and keeps it where the zone is named. A zone whose parts have no names
    would be taken for none.
    """
    text = re.sub(rb"(?ims)^BEGIN:(?:STANDARD|DAYLIGHT)\r?\n(?!(?:(?!^END:).)*^TZNAME)", rb"\g<0>TZNAME:own\r\n", text)
    text = re.sub(rb"(?im)^([A-Z-]+)(?=[^:]*;VALUE=DATE[;:])[^:]*;TZID=[^:]*:(\d{8}\r?)$", rb"\1;VALUE=DATE:\2", text)
    return re.sub(rb"(?im)(^TZID:|;TZID=)[ \t]+", rb"\1", text)


class View:
    """What is seen of calendars within a window."""

    def __init__(self, question):
        self.begin = moment(question["from"])
        self.end = moment(question["until"])
        self.floating = zoneinfo.ZoneInfo(question.get("timeZone") or "UTC")
        self.refused = set(question.get("refused", []))

    def source(self, calendars):
        """The occurrences of a file's calendars, and the UIDs that can't be read, each with the reason."""
        seen, unreadable = Counter(), {}
        for calendar, groups in by_uid(calendars):
            for uid, events in groups.items():
                if uid in self.refused:
                    continue
                try:
                    seen += self.occurrences(around(events, calendar))
                except Exception as error:
                    unreadable[uid] = f"{type(error).__name__}: {error}"
        return seen, unreadable

    def mirror(self, events, unreadable):
        """The occurrences of events as Graph has them."""
        left_out = self.refused | set(unreadable)
        seen = Counter()
        for event in events:
            if not any(is_of(event, uid) for uid in left_out):
                seen += self.occurrences(as_calendar(event))
        return seen

    def occurrences(self, calendar):
        if is_called_off(calendar):
            return Counter()
        found = recurring_ical_events.of(calendar).between(self.begin - MARGIN, self.end + MARGIN)
        shown = (self.shown(event) for event in found if not is_cancelled(event))
        return Counter(occurrence for occurrence in shown if occurrence)

    def shown(self, event):
        """(start, end, title) as it is compared, or nothing if it lies outside of the window."""
        start, end = event["DTSTART"].dt, event["DTEND"].dt
        begins, ends = self.moment(start), self.moment(end)
        inside = begins < self.end and (ends > self.begin or begins == ends >= self.begin)
        title = " ".join(str(event.get("SUMMARY", "")).split())[:TITLE]
        return (told(start, begins), told(end, ends), title) if inside else None

    def moment(self, at):
        if not isinstance(at, datetime):
            return datetime.combine(at, time(), UTC)
        return (at if at.tzinfo else at.replace(tzinfo=self.floating)).astimezone(UTC)


def is_called_off(calendar):
    """Whether a series was cancelled, and with it all its occurrences."""
    masters = [event for event in calendar.walk("VEVENT") if "RECURRENCE-ID" not in event]
    return bool(masters) and is_cancelled(max(masters, key=lambda event: event.get("SEQUENCE", -1)))


def is_cancelled(event):
    return str(event.get("STATUS", "")).upper() == "CANCELLED"


def told(at, moment_of_it):
    """A day stays a day: an event that takes the whole of it is not one from midnight to midnight."""
    return moment_of_it.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(at, datetime) else at.isoformat()


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def by_uid(calendars):
    """The events of each calendar by their UID; one without has a group of its own, by its number in the file."""
    number = 0
    for calendar in calendars:
        groups = {}
        for event in calendar.walk("VEVENT"):
            number += 1
            uid = str(event.get("UID", "")).strip() or f"#{number}"
            groups.setdefault(uid, []).append(event)
        yield calendar, groups


def around(events, calendar):
    """A calendar of these events alone."""
    alone = icalendar.Calendar()
    if "X-WR-TIMEZONE" in calendar:
        alone["X-WR-TIMEZONE"] = calendar["X-WR-TIMEZONE"]
    for event in events:
        alone.add_component(without_empty_day(event))
    return alone


def without_empty_day(event):
    """Many publishers let a day end on itself; every calendar shows that day."""
    start, end = event.get("DTSTART"), event.get("DTEND")
    if start is not None and end is not None and start.dt == end.dt and not isinstance(start.dt, datetime):
        del event["DTEND"]
    return event


def is_of(event, uid):
    """Whether a mirrored event carries the mark of what a source has under this UID: `hub/spoke:UID[/day]`."""
    for mark in event.get("singleValueExtendedProperties") or []:
        key = (mark.get("value") or "").partition(":")[2]
        if key == uid or key.startswith(f"{uid}/"):
            return True
    return False


def as_calendar(event):
    """An event as Graph has it, with all that became of its dates, as a calendar."""
    calendar = icalendar.Calendar()
    master = as_event(event)
    calendar.add_component(master)
    recurrence = event.get("recurrence")
    if not recurrence:
        return calendar
    start = master["DTSTART"].dt
    master.add("RRULE", rule(recurrence, start))
    for day in event.get("cancelled") or []:
        master.add("EXDATE", on(date.fromisoformat(day), start))
    for exception in event.get("exceptions") or []:
        changed = as_event(exception)
        changed.add("RECURRENCE-ID", on(date.fromisoformat(exception["date"]), start))
        calendar.add_component(changed)
    return calendar


def as_event(event):
    made = icalendar.Event()
    made.add("UID", "mirror")
    made.add("SUMMARY", event.get("subject") or "")
    for name, key in (("DTSTART", "start"), ("DTEND", "end")):
        at = wall_clock(event[key])
        made.add(name, at.date() if event.get("isAllDay") else at)
    return made


def wall_clock(told_time):
    """A Graph `dateTimeTimeZone`; Graph tells more digits of a second than there are here."""
    at = datetime.fromisoformat(told_time["dateTime"].partition(".")[0].removesuffix("Z"))
    zone = icalendar.timezone.tzp.timezone(told_time["timeZone"])
    if zone is None:
        raise ValueError("a mirrored event is in a zone that nobody knows")
    return at.replace(tzinfo=zone)


def on(day, start):
    """The start that a series has on a day."""
    return datetime.combine(day, start.time(), start.tzinfo) if isinstance(start, datetime) else day


WEEKS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}


def rule(recurrence, start):
    """Graph's `patternedRecurrence` as an RRULE."""
    pattern, bounds = recurrence["pattern"], recurrence["range"]
    made = {"INTERVAL": pattern["interval"]}
    kind = pattern["type"]
    made["FREQ"] = {"d": "DAILY", "w": "WEEKLY"}.get(kind[0]) or ("MONTHLY" if kind.endswith("Monthly") else "YEARLY")
    if kind == "weekly":
        made["WKST"] = pattern.get("firstDayOfWeek", "sunday")[:2].upper()
    if kind == "weekly" or kind.startswith("relative"):
        made["BYDAY"] = [day[:2].upper() for day in pattern["daysOfWeek"]]
    if kind.startswith("relative"):
        made["BYSETPOS"] = WEEKS[pattern["index"]]
    if kind.startswith("absolute"):
        made["BYMONTHDAY"] = pattern["dayOfMonth"]
    if kind.endswith("Yearly"):
        made["BYMONTH"] = pattern["month"]
    if bounds["type"] == "numbered":
        made["COUNT"] = bounds["numberOfOccurrences"]
    elif bounds["type"] == "endDate":
        made["UNTIL"] = last(date.fromisoformat(bounds["endDate"]), start)
    return made


def last(day, start):
    """The end of a day on which a series may still have an occurrence."""
    return datetime.combine(day, time(23, 59, 59), start.tzinfo).astimezone(UTC) if isinstance(start, datetime) else day


if __name__ == "__main__":
    main()
