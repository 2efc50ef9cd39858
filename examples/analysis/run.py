"""Answers the questions of the SQL files over many patients' folders, and compares the answers.

usage: run.py FOLDER [--easeback PROGRAM] [--spark]

FOLDER holds a folder for each patient, with easeback's `history` in it. With --easeback, `easeback stats --json` is
run for each patient and summed up; with --spark, Spark in its local mode is asked the same. Any difference fails.
"""

import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
COLUMNS = ["protocol", "sessions", "heat_planned_s", "heat_done_s", "cold_planned_s", "cold_done_s", "pairs",
           "change_sum", "lower_by_2_or_more", "higher_by_2_or_more"]


def by_duckdb(folder):
    import duckdb

    database = duckdb.connect()
    database.execute("set TimeZone = 'UTC'")
    database.execute("set variable folders = ?", [f"{folder}/*/history/*.jsonl"])
    database.execute((HERE / "sessions.sql").read_text())
    totals = database.execute((HERE / "totals.sql").read_text())
    assert [column[0] for column in totals.description] == COLUMNS
    totals = totals.fetchall()
    return totals, database.execute((HERE / "episodes.sql").read_text()).fetchall()


def by_easeback(folder, program):
    totals, episodes = {}, collections.Counter()
    with tempfile.TemporaryDirectory() as state:
        for patient in sorted(pathlib.Path(folder).iterdir()):
            environment = {**os.environ, "EASEBACK_DATA_DIR": str(patient), "EASEBACK_STATE_DIR": state}
            result = subprocess.run([program, "stats", "--json"], env=environment, check=True, text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            statistics = json.loads(result.stdout)
            for row in statistics["by_protocol"]:
                pain = row["pain"]
                numbers = [row["sessions"], row["heat"]["planned_s"], row["heat"]["done_s"], row["cold"]["planned_s"],
                           row["cold"]["done_s"], pain["change"]["known"], pain["change"]["sum"],
                           pain["changed_by_2_or_more"]["lower"], pain["changed_by_2_or_more"]["higher"]]
                # An unknown value adds nothing.
                numbers = [number or 0 for number in numbers]
                known = totals.get(row["protocol"], [0] * len(numbers))
                totals[row["protocol"]] = [sum(pair) for pair in zip(known, numbers)]
            if statistics["episodes_in_all"]:
                episodes[statistics["episodes_in_all"]] += 1
    return [(protocol, *totals[protocol]) for protocol in sorted(totals)], sorted(episodes.items())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--easeback")
    parser.add_argument("--spark", action="store_true")
    args = parser.parse_args()
    answers = {"DuckDB": by_duckdb(args.folder)}
    if args.easeback:
        answers["easeback"] = by_easeback(args.folder, args.easeback)
    if args.spark:
        import spark
        answers["Spark"] = spark.answer(args.folder)
    totals, episodes = answers["DuckDB"]
    print(*COLUMNS, sep="\t")
    for row in totals:
        print(*row, sep="\t")
    print("episodes\tpatients")
    for row in episodes:
        print(*row, sep="\t")
    serialized = {name: json.dumps(answer, sort_keys=True) for name, answer in answers.items()}
    if len(set(serialized.values())) > 1:
        for name, answer in serialized.items():
            print(f"{name}: {answer}", file=sys.stderr)
        sys.exit("the answers differ")
    print(f"the same by {', '.join(answers)}", file=sys.stderr)


if __name__ == "__main__":
    main()
