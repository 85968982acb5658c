import { parseArgs } from "node:util";

/** The middle of some numbers. */
export function median(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The same values in another order (Fisher-Yates), so that no variant always comes first. */
export function shuffled(values) {
  const all = [...values];
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [all[i], all[j]] = [all[j], all[i]];
  }
  return all;
}

/** Says on a terminal what is under way. */
function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r${text.padEnd(60)}\r`);
}

/** The figures of several variants, round by round: ratios are taken inside a round, and only then the median. */
export class Rounds {
  #rounds = [];

  /** Runs every variant once per round, in a new order each time. `variants`: name to measuring function. */
  async take(count, variants) {
    for (let n = 0; n < count; n++) {
      const round = {};
      for (const [name, measure] of shuffled(Object.entries(variants))) {
        progress(`round ${n + 1}/${count}: ${name}`);
        round[name] = await measure();
      }
      this.#rounds.push(round);
    }
    progress("");
  }

  /** A variant's median. */
  of(name, figure) {
    return median(this.#rounds.map((round) => round[name]?.[figure]));
  }

  /** A variant's largest. */
  most(name, figure) {
    return Math.max(...this.#rounds.map((round) => round[name]?.[figure]));
  }

  /** Median of `name / base` within the rounds. */
  ratio(name, base, figure) {
    return median(this.#rounds.map((round) => round[name]?.[figure] / round[base]?.[figure]));
  }

  /** Median of `name - base` within the rounds. */
  difference(name, base, figure) {
    return median(this.#rounds.map((round) => round[name]?.[figure] - round[base]?.[figure]));
  }
}

/** A number for people; a dash where there is none. */
export function show(value, digits = 2) {
  return Number.isFinite(value) ? value.toFixed(digits) : "-";
}

/** Prints rows of text as a table that is Markdown too. */
export function printTable(title, rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row) =>
    `| ${row.map((cell, i) => (i ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join(" | ")} |`;
  const rule = `|${widths.map((width, i) => (i ? `${"-".repeat(width + 1)}:` : "-".repeat(width + 2))).join("|")}|`;
  console.log(`\n${title}\n\n${[line(rows[0]), rule, ...rows.slice(1).map(line)].join("\n")}`);
}

const goals = [];

/** Notes what was promised and what came out. */
export function goal(text, limit, measured, unit = "") {
  const verdict = Number.isFinite(measured) ? (measured <= limit ? "ok" : "MISSED") : "not measured";
  goals.push(`goal ${text} <= ${limit}${unit}: measured ${show(measured)}${unit}, ${verdict}`);
}

/** Prints the goals; the process ends with 1 if one was missed. */
export function printGoals() {
  if (goals.length === 0) return;
  console.log(`\n${goals.join("\n")}`);
  if (goals.some((line) => line.endsWith("MISSED"))) process.exitCode = 1;
}

/** The command line: `--rounds 5 --sizes 1e6,1e8 --only sizes,slow`. */
export function readOptions(defaults) {
  const options = Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: "string" }]));
  const { values } = parseArgs({ options });
  const list = (text) => text.split(",").filter(Boolean);
  return Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => {
      const given = values[name];
      if (given === undefined) return [name, value];
      if (!Array.isArray(value)) return [name, typeof value === "number" ? Number(given) : given];
      return [name, typeof value[0] === "number" ? list(given).map(Number) : list(given)];
    }),
  );
}
