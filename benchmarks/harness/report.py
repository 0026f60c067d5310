"""What a benchmark hands over: tables on the terminal, a file of JSON, a chart."""
import json
import os
import pathlib

from . import chart, machine


class Report:
    def __init__(self, options):
        self.options = options
        self.machine = machine.facts()
        how = [f"best of {options.rounds} rounds in turn"] if "rounds" in options else []
        how += [f"{options.threads} threads"] if "threads" in options else []
        print(machine.line(self.machine) + "\n" + ", ".join(how) + "\n", flush=True)

    @staticmethod
    def add_table(markdown):
        print(markdown + "\n", flush=True)

    def add_chart(self, groups):
        known, name = self.machine, self.options.benchmark
        title = (f"{name}: {known['date']}, {known['processor']}, {self.options.threads} threads "
                 "(longer is faster)")
        chart.write(self.options.chart, title, groups)
        print(f"chart: {self.options.chart}")

    def finish(self, results):
        self.machine["load_after"] = round(os.getloadavg()[0], 2)
        if not self.options.json:
            return
        options = {k: str(v) if isinstance(v, pathlib.Path) else v
                   for k, v in vars(self.options).items()}
        text = json.dumps({"machine": self.machine, "options": options, **results}, indent=1)
        pathlib.Path(self.options.json).write_text(text + "\n", encoding="utf-8")
