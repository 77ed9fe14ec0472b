"""The table that proves the exercises' quality, printed at the end of the run."""

ATTEMPT = "exercise_attempt"


def print_table(terminalreporter) -> None:
    """One line an exercise, from the attempts that behaved as they should (they travel with the reports)."""
    rows = [
        value
        for report in terminalreporter.stats.get("passed", [])
        for key, value in getattr(report, "user_properties", [])
        if key == ATTEMPT
    ]
    if not rows:
        return
    terminalreporter.section(f"attempts at the exercises: {len(rows)}")
    terminalreporter.write_line(f"{'exercise':<18}{'right, all points':>18}{'wrong, right hint':>19}{'they keep':>14}")
    for exercise in dict.fromkeys(row[0] for row in rows):
        right, wrong = ([row[2] for row in rows if row[:2] == [exercise, kind]] for kind in ("right", "wrong"))
        kept = f"{min(wrong):.0%} to {max(wrong):.0%}" if wrong else ""
        terminalreporter.write_line(f"{exercise:<18}{len(right):>18}{len(wrong):>19}{kept:>14}")
