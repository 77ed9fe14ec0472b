# ruff: noqa: E501 -- an attempt is a piece of code in a string, one to a line
"""Attempts at exercises 5 and 17."""

import numpy as np

from tests.exercises.attempts.registry import attempts

CUT = "cut = int(len(ratings) * valid_fraction)\n"
MASK = "rng = np.random.default_rng(seed)\nmask = rng.random(len(ratings)) < valid_fraction\nreturn ratings[~mask], ratings[mask]"
WHOLE = """
ids = np.unique(ratings[:, {column}])
valid = np.random.default_rng(seed).choice(ids, round(valid_fraction * len(ids)), replace=False)
mask = np.isin(ratings[:, {column}], valid)
return ratings[~mask], ratings[mask]
"""
attempts(
    "split",
    "ratings, valid_fraction, seed",
    right=[
        MASK,
        f"{CUT}order = np.random.default_rng(seed).permutation(len(ratings))\nreturn ratings[order[cut:]], ratings[order[:cut]]",
        "course_lib.split_ratings(ratings, valid_fraction, seed)",
        "table = pd.DataFrame(ratings)\nvalid = table.sample(frac=valid_fraction, random_state=seed)\nreturn table.drop(valid.index), valid",
        """
        order = torch.randperm(len(ratings), generator=torch.Generator().manual_seed(seed)).numpy()
        n_train = round(len(ratings) * (1 - valid_fraction))
        return ratings[order[:n_train]], ratings[order[n_train:]]
        """,
        f"{CUT}rows = ratings.copy()\nnp.random.default_rng(seed).shuffle(rows)\nreturn rows[cut:], rows[:cut]",
        """
        rng, mask = np.random.default_rng(seed), np.zeros(len(ratings), bool)
        for user in np.unique(ratings[:, 0]):
            mine = rng.permutation(np.flatnonzero(ratings[:, 0] == user))
            mask[mine[: round(valid_fraction * len(mine))]] = True
        return ratings[~mask], ratings[mask]
        """,
    ],
    wrong={
        "not_repeatable": [
            ("rng = np.random.default_rng(seed)", "np.random.seed = seed\nrng = np.random"),
            ("rng = np.random.default_rng(seed)", "rng = GENERATOR"),
            ("default_rng(seed)", "default_rng()"),
        ],
        "seed_overwritten": [
            ("rng = np.random.default_rng(seed)", "np.random.seed = 42\nnp.random.seed(seed)\nrng = np.random")
        ],
        "seed_ignored": [
            ("default_rng(seed)", "default_rng(42)"),
            "valid = np.arange(len(ratings)) % round(1 / valid_fraction) == 0\nreturn ratings[~valid], ratings[valid]",
        ],
        "in_order seed_ignored": [
            f"{CUT}return ratings[:-cut], ratings[-cut:]",
            f"{CUT}return ratings[cut:], ratings[:cut]",
        ],
        "in_order": [
            f"{CUT}start = np.random.default_rng(seed).integers(len(ratings) - cut)\nmask = np.zeros(len(ratings), bool)\nmask[start : start + cut] = True\nreturn ratings[~mask], ratings[mask]",
            f"{CUT}rows = np.roll(ratings, seed * 7, axis=0)\nreturn rows[cut:], rows[:cut]",
        ],
        "in_order fraction": [WHOLE.format(column=0)],
        "whole_movies fraction": [WHOLE.format(column=1)],
        "swapped": [("ratings[~mask], ratings[mask]", "ratings[mask], ratings[~mask]")],
        "overlap": [
            ("ratings[~mask]", "ratings"),
            ("ratings[~mask]", "ratings[rng.random(len(ratings)) >= valid_fraction]"),
        ],
        "repeated": [
            f"{CUT}valid = np.random.default_rng(seed).integers(0, len(ratings), cut)\nreturn np.delete(ratings, valid, axis=0), ratings[valid]",
            f"{CUT}rows = ratings.copy()\nrandom.Random(seed).shuffle(rows)\nreturn rows[cut:], rows[:cut]",
        ],
        "broken_rows": [
            f"{CUT}rng = np.random.default_rng(seed)\nrows = np.column_stack([rng.permutation(column) for column in ratings.T])\nreturn rows[cut:], rows[:cut]"
        ],
        "indices": [
            ("ratings[~mask], ratings[mask]", "~mask, mask"),
            ("ratings[~mask], ratings[mask]", "np.flatnonzero(~mask), np.flatnonzero(mask)"),
        ],
        "fraction": [("valid_fraction", "0.5")],
        "lost": [
            f"{CUT}order = np.random.default_rng(seed).permutation(len(ratings))\nreturn ratings[order[: len(order) // 2]], ratings[order[-cut:]]"
        ],
        "spoils_input": [
            f"{CUT}np.random.seed(seed)\nnp.random.shuffle(ratings)\nreturn ratings[cut:], ratings[:cut]",
            f"{CUT}np.random.default_rng(seed).shuffle(ratings)\nreturn ratings[cut:], ratings[:cut]",
        ],
        "shape": [("ratings[~mask], ratings[mask]", "ratings[mask]")],
        "error": [("len(ratings)) <", "len(ratings)(1)) <")],
    },
    GENERATOR=np.random.default_rng(42),
)

LAST = """
order = np.lexsort((np.arange(len(ratings)), timestamps))
in_test = np.zeros(len(ratings), bool)
for user in np.unique(ratings[:, 0]):
    rows = order[ratings[order, 0] == user]
    if len(rows) > n_last:
        in_test[rows[-n_last:]] = True
return ratings[~in_test], ratings[in_test]
"""
attempts(
    "split_last",
    "ratings, timestamps, n_last",
    right=[
        LAST,
        """
        table = pd.DataFrame(ratings)
        table["time"] = timestamps
        table = table.sort_values("time", kind="stable")
        place = table.groupby(0).cumcount(ascending=False)
        in_test = (place < n_last) & (table.groupby(0)[0].transform("size") > n_last)
        return table.loc[~in_test, [0, 1, 2]], table.loc[in_test, [0, 1, 2]]
        """,
        """
        train, test, mine = [], [], {}
        for row, (user, _, _) in enumerate(ratings.tolist()):
            mine.setdefault(user, []).append(row)
        for rows in mine.values():
            rows = sorted(rows, key=lambda row: timestamps[row])
            cut = len(rows) - n_last if len(rows) > n_last else len(rows)
            train += rows[:cut]
            test += rows[cut:]
        return ratings[train], ratings[test]
        """,
        """
        users = ratings[:, 0].astype(int)
        order = np.lexsort((timestamps, users))
        count = np.bincount(users)
        end = np.cumsum(count)[users[order]]
        in_test = (np.arange(len(order)) >= end - n_last) & (count[users[order]] > n_last)
        return ratings[order[~in_test]], ratings[order[in_test]]
        """,
    ],
    wrong={
        "global small_users": [
            "order = np.argsort(timestamps, kind='stable')\nn = n_last * (np.bincount(ratings[:, 0].astype(int)) > n_last).sum()\nreturn ratings[order[:-n]], ratings[order[-n:]]"
        ],
        "oldest": [
            ("rows[-n_last:]", "rows[:n_last]"),
            (
                "order = np.lexsort((np.arange(len(ratings)), timestamps))",
                "order = np.argsort(timestamps, kind='stable')[::-1]",
            ),
        ],
        "table_order": [("np.lexsort((np.arange(len(ratings)), timestamps))", "np.arange(len(ratings))")],
        "by_rating": [("timestamps))", "ratings[:, 2]))")],
        "by_movie": [("ratings[:, 0]", "ratings[:, 1]", "ratings[order, 0]", "ratings[order, 1]")],
        "newest_only one_less": [("rows[-n_last:]", "rows[-1:]")],
        "one_less newest_only": [("rows[-n_last:]", "rows[-n_last + 1:] if n_last > 1 else []")],
        "one_more": [("rows[-n_last:]", "rows[-n_last - 1:]")],
        "small_users": [("if len(rows) > n_last", "if True"), ("> n_last", ">= n_last")],
        "swapped": [("ratings[~in_test], ratings[in_test]", "ratings[in_test], ratings[~in_test]")],
        "overlap": [("ratings[~in_test]", "ratings")],
        "lost": [
            (
                "return ratings[~in_test]",
                "return ratings[order[: len(order) // 2]][[not in_test[row] for row in order[: len(order) // 2]]]",
            )
        ],
        "repeated": [("ratings[~in_test]", "np.repeat(ratings[~in_test], 2, axis=0)")],
        "indices": [("ratings[~in_test], ratings[in_test]", "np.flatnonzero(~in_test), np.flatnonzero(in_test)")],
        "shape": [("return ratings", "ratings = np.column_stack([ratings, timestamps])\nreturn ratings")],
        "broken_rows": [("ratings[~in_test]", "np.sort(ratings, axis=0)[~in_test]")],
        "spoils_input table_order": [("order = np", "timestamps.sort()\norder = np")],
        "other": [("rows[-n_last:]", "rows[::2]")],
    },
    deceives={"ties": [("np.arange(len(ratings)), timestamps", "-np.arange(len(ratings)), timestamps")]},
)
