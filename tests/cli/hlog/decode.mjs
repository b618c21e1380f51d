// decode.mjs RESULT LOG [RESULT LOG]...: reads logs of `iobench export --hlog` with hdr-histogram-js
// and compares every line with the figures of the result, and sees that it can tell a difference.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import hdr from "hdr-histogram-js";

const KINDS = ["latency", "service", "connect", "newcomers"];
const QUANTILES = { p50_ns: 50, p90_ns: 90, p99_ns: 99, p999_ns: 99.9, p9999_ns: 99.99 };
const report = (test, fault) =>
  console.log(fault ? `not ok cli hlog: ${test} # ${fault}` : `ok cli hlog: ${test}`);

const HIGHEST = 60e9;
const withoutValue = (hist) => hist.overflow + (hist.unanswered ?? 0);
const messagesOf = (hist) => hist.count + withoutValue(hist);

// The histograms that a log must have, in the order of time.
function expected(result) {
  const started = Date.parse(result.session.started_utc);
  const lines = [];
  for (const { id, samples = [] } of result.cells) {
    for (const sample of samples) {
      if (sample.validity.verdict === "invalid") continue;
      for (const [rank, kind] of KINDS.entries()) {
        const figures = sample[kind];
        if (!figures || messagesOf(figures.hist) === 0) continue;
        if (kind === "service" && sample.latency.basis !== "intended") continue;
        const start = started + 1000 * sample.started_offset_s;
        const { order } = sample;
        lines.push({ tag: `${id}/${kind}`, figures, start, end: start + 1000 * sample.window_s, order, rank });
      }
    }
  }
  return lines.sort((a, b) => a.start - b.start || a.order - b.order || a.rank - b.rank);
}

// The first figure of `h` that is not that of the result. Messages without a value have the highest.
function difference(h, figures) {
  const { hist, mean_ns } = figures;
  const without = withoutValue(hist), max = without > 0 ? HIGHEST : figures.max_ns;
  if (h.totalCount !== messagesOf(hist)) return `count is ${h.totalCount}, not ${messagesOf(hist)}`;
  const counts = new Map();
  hist.index_delta.reduce((last, delta, i) => (counts.set(last + delta, hist.counts[i]), last + delta), 0);
  const last = 25 * 1024 + Math.floor(HIGHEST / 2 ** 25);
  counts.set(last, (counts.get(last) ?? 0) + without);
  for (let i = 0; i < h.countsArrayLength; i++)
    if (h.getCountAtIndex(i) !== (counts.get(i) ?? 0)) return `count ${i} is ${h.getCountAtIndex(i)}`;
  if (h.maxValue !== h.highestEquivalentValue(max)) return `max is ${h.maxValue}, not ${max}`;
  if (hist.min > 0 && h.minNonZeroValue !== h.lowestEquivalentValue(hist.min))
    return `min is ${h.minNonZeroValue}, not ${hist.min}`;
  // it takes each value for the middle of its bucket, which is 1/1024 of the value wide at most
  if (!without && Math.abs(h.mean - mean_ns) > mean_ns / 2048) return `mean is ${h.mean}, not ${mean_ns}`;
  for (const [key, percentile] of Object.entries(QUANTILES)) {
    // both tell the top of the bucket, but ours goes no higher than the exact maximum
    const value = Math.min(h.getValueAtPercentile(percentile), hist.max);
    if (figures[key] !== null && value !== figures[key]) return `${key} is ${value}, not ${figures[key]}`;
  }
  return "";
}

function compare(result, log) {
  const reader = new hdr.HistogramLogReader(log, 64);
  const maxima = log.split("\n").filter((line) => line.startsWith("Tag=")).map((line) => Number(line.split(",")[3]));
  for (const [i, line] of expected(result).entries()) {
    const h = reader.nextIntervalHistogram();
    if (!h) return `there is no line for ${line.tag}`;
    const tag = h.tag.replace(/%([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
    if (tag !== line.tag) return `tag is ${h.tag}, not ${line.tag}`;
    if (Math.abs(h.startTimeStampMsec - line.start) > 0.001) return `${tag}: starts at ${h.startTimeStampMsec}`;
    if (Math.abs(h.endTimeStampMsec - line.end) > 0.002) return `${tag}: ends at ${h.endTimeStampMsec}`;
    const { hist } = line.figures;
    if (maxima[i] !== (withoutValue(hist) > 0 ? HIGHEST : hist.max) / 1e6) return `${tag}: Interval_Max is ${maxima[i]}`;
    const fault = difference(h, line.figures);
    if (fault) return `${tag}: ${fault}`;
  }
  return reader.nextIntervalHistogram() ? "there are more lines than histograms" : "";
}

// Changes to one line of the log, and one figure of the result, none of which may go unnoticed.
function unnoticed(result, log) {
  const [before, encoded] = log.match(/^(.*\nTag=[^\n]*,)(HISTFAAA[^\n]*)/s).slice(1);
  const after = log.slice(before.length + encoded.length);
  const more = hdr.decodeFromCompressedBase64(encoded, 64);
  more.recordValue(more.minNonZeroValue);
  const logs = {
    "a count": before + hdr.encodeIntoCompressedBase64(more) + after,
    "a line": before.slice(0, before.lastIndexOf("Tag=")) + after.trimStart(),
    "a start": before.replace(/,\d+\.(\d+,[^,]*,[^,]*,)$/, ",7000.$1") + encoded + after,
  };
  const missed = Object.keys(logs).filter((what) => !compare(result, logs[what]));
  for (const key of ["p50_ns", "p90_ns", "p99_ns", "p999_ns", "p9999_ns", "max_ns", "mean_ns"]) {
    const copy = structuredClone(result);
    const line = expected(copy).find(({ figures }) => figures[key] > 5000 && !withoutValue(figures.hist));
    if (!line) continue; // too few values for this one
    line.figures[key] *= 1.001;
    if (!compare(copy, log)) missed.push(key);
  }
  return missed.join(", ");
}

const words = process.argv.slice(2);
for (let i = 0; i < words.length; i += 2) {
  const name = basename(words[i]);
  const result = JSON.parse(readFileSync(words[i], "utf8"));
  const log = readFileSync(words[i + 1], "utf8");
  report(`hdr-histogram-js reads what is in ${name}`, compare(result, log));
  report(`changes to ${name} and its log are noticed`, unnoticed(result, log));
}
