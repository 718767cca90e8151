// Draws every [data-chart]: the figures come from the json_script it names, the same that stand in the table beneath it.
import { chartFile, drawAll, drawChart } from "../lib/chart.js";
import { onKey } from "../lib/keys.js";

const whole = new Intl.NumberFormat(document.documentElement.lang);
const compact = new Intl.NumberFormat(document.documentElement.lang, { notation: "compact", compactDisplay: "long" });

const undrawn = new Set(document.querySelectorAll("[data-chart]"));

if (matchMedia("(min-width: 768px)").matches) openAll("[data-opens-wide]");
openNamed(location.hash);
document.addEventListener("DOMContentLoaded", drawOpen);
document.addEventListener("toggle", drawOpen, true);
addEventListener("beforeprint", openForPaper);
// The browser waits for nobody who prints: charts that were not near the screen would be empty.
onKey("Ctrl+P", printWhole);

async function printWhole() {
  await openForPaper();
  print();
}

function openForPaper() {
  openAll("[data-fold], [data-opens-wide], [data-opens-printed]");
  drawOpen();
  return drawAll();
}

// What a phone folds away is open on a wide screen, and on paper the tables and a page's own figures, too.
function openAll(which) {
  for (const part of document.querySelectorAll(which)) part.open = true;
}

// A link to a part leads to its figures, not to its title alone.
function openNamed(hash) {
  const part = hash && document.getElementById(hash.slice(1))?.closest("details");
  if (part) part.open = true;
}

// What is folded has no width to draw in.
function drawOpen() {
  for (const place of undrawn) {
    if (place.closest("details:not([open])")) continue;
    undrawn.delete(place);
    const figures = JSON.parse(document.getElementById(place.dataset.chart).textContent);
    if (place.dataset.notMeasured) document.body.dataset.notMeasured = place.dataset.notMeasured;
    drawChart(place, { bar, box, heat, line }[figures.kind](figures, place));
  }
}

document.addEventListener("click", async (event) => {
  if (event.target.closest("[data-print]")) printWhole();
  openNamed(event.target.closest('a[href^="#"]')?.hash);
  const button = event.target.closest("[data-save]");
  if (!button) return;
  const link = document.createElement("a");
  link.href = await chartFile(document.querySelector(`[data-chart="${button.dataset.of}"]`), button.dataset.save);
  link.download = `${button.dataset.name}.${button.dataset.save}`;
  link.click();
});

// A figure that was not measured is a gap in the line, never a zero.
function format(value) {
  if (value === null || value === undefined) return document.body.dataset.notMeasured || "–";
  return whole.format(value);
}

// Names break into as many lines as they need: on a phone nothing of them is cut.
const LINE = 16;
const HEIGHT = 288;
const pen = document.createElement("canvas").getContext("2d");
pen.font = '12px "Inter Variable", system-ui, sans-serif';

function linesOf(words, width) {
  return Math.ceil((pen.measureText(words).width * 1.1) / width);
}

// Returns the legend of a chart and how far down it reaches.
function legendOf(series, place) {
  const [sign, width] = [42, place.clientWidth - 10];
  let [rows, used] = [0, width];
  for (const { name } of series) {
    const wanted = sign + pen.measureText(name).width;
    if (used + wanted > width) [rows, used] = [rows + Math.max(1, linesOf(name, width - sign)), 0];
    used += wanted;
  }
  const isWide = series.some(({ name }) => linesOf(name, width - sign) > 1);
  const textStyle = isWide ? { width: width - sign, overflow: "break", lineHeight: LINE } : {};
  return [{ top: 0, left: 0, textStyle }, 16 + rows * 24];
}

// "axis": the words of a day that has a number instead of a date, where periods are laid over each other.
// "hours": the points are hours of a day, written without a zone: the station's, wherever they are read.
function line({ series, marks = [], span = [], axis, hours }, place) {
  const [legend, top] = legendOf(series, place);
  place.style.height = `${HEIGHT - 40 + top}px`;
  // What happened is numbered; the list under the drawing says it in words.
  const markLine = {
    silent: true,
    symbol: "none",
    lineStyle: { type: "dashed", width: 1 },
    label: { rotate: 0, color: "inherit", formatter: ({ dataIndex }) => String(dataIndex + 1) },
    data: marks.map((day) => ({ xAxis: day })),
  };
  return {
    grid: { left: 8, right: 16, top: marks.length ? top + 16 : top, bottom: 8, containLabel: true },
    legend,
    tooltip: { trigger: "axis", valueFormatter: format },
    xAxis: axis
      ? { type: "value", min: 1, max: "dataMax", minInterval: 1, splitLine: { show: false }, axisLabel: { formatter: axis, hideOverlap: true } }
      : {
          type: "time",
          min: span[0],
          max: span[1],
          minInterval: hours ? 36e5 : 864e5,
          axisLabel: { formatter: hours ? "{HH}:{mm}" : "{dd}/{MM}", hideOverlap: true },
        },
    yAxis: { type: "value", minInterval: 1, axisLabel: { formatter: (value) => compact.format(value) } },
    series: series.map(({ name, points }, n) => ({
      name,
      type: "line",
      data: points,
      connectNulls: false,
      symbol: ["circle", "rect", "triangle", "diamond"][n % 4],
      symbolSize: 7,
      lineStyle: { width: 2.5, type: ["solid", "dashed", "dotted"][n % 3] },
      ...(n || !marks.length ? {} : { markLine }),
    })),
  };
}

// Columns are the days of the week, rows the hours; a cell is [column, row, publications, median reach]. The colour is the
// reach; where none was measured at all, the number of publications.
function heat({ rows, columns, cells, words }) {
  const dimension = cells.some((cell) => cell[3] !== null) ? 3 : 2;
  const most = Math.max(...cells.map((cell) => cell[dimension] ?? 0));
  return {
    grid: { left: 8, right: 16, top: 8, bottom: 56, containLabel: true },
    tooltip: { formatter: ({ data }) => `${words[0]}: ${format(data[2])}\n${words[1]}: ${format(data[3])}` },
    xAxis: { type: "category", data: columns, axisLabel: { interval: 0 } },
    yAxis: { type: "category", data: rows, inverse: true },
    visualMap: {
      min: 0,
      max: most,
      dimension,
      text: [words[dimension - 2], ""],
      calculable: false,
      orient: "horizontal",
      left: "center",
      bottom: 0,
      precision: 0,
    },
    series: [{ type: "heatmap", data: cells, label: { show: true, formatter: ({ data }) => format(data[2]) } }],
  };
}

// What was not measured is a short hatched bar, beside which nothing looks like a 0.
const HATCHED = {
  color: "transparent",
  borderColor: "#7b8794",
  decal: { symbol: "rect", color: "#7b8794", dashArrayX: [1, 0], dashArrayY: [2, 3], rotation: -Math.PI / 4 },
};

function hatchUnmeasured(series) {
  const most = Math.max(1, ...series.flatMap(({ values }) => values));
  return series
    .filter(({ values }) => values.includes(null))
    .map(({ name, values }) => ({
      name: document.body.dataset.notMeasured,
      type: "bar",
      stack: name,
      data: values.map((value) => (value === null ? most / 12 : null)),
      barMaxWidth: 18,
      silent: true,
      tooltip: { show: false },
      itemStyle: HATCHED,
    }));
}

function bar({ labels, series }, place) {
  const width = innerWidth < 768 ? 110 : 170;
  const hatched = hatchUnmeasured(series);
  const [legend, top] = legendOf([...series, ...hatched.slice(0, 1)], place);
  const heights = labels.map((label) => 14 + Math.max(2, linesOf(label, width)) * LINE);
  // All rows are as high as the highest, and one chart as the next where names are short.
  place.style.height = `${Math.max(HEIGHT, top + 32 + labels.length * Math.max(...heights))}px`;
  return {
    grid: { left: 8, right: series.some(({ words }) => words) ? 96 : 24, top, bottom: 8, containLabel: true },
    legend,
    tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, valueFormatter: format },
    xAxis: {
      type: "value",
      minInterval: 1,
      axisLabel: { formatter: (value) => compact.format(value), hideOverlap: true },
    },
    yAxis: { type: "category", inverse: true, data: labels, axisLabel: { width, overflow: "break", lineHeight: LINE, interval: 0 } },
    series: [
      ...series.map(({ name, values, words }) => ({
        name,
        type: "bar",
        stack: name,
        data: values,
        barMaxWidth: 18,
        // What a bar says at its end: the chart of few bars is read without its table.
        label: { show: Boolean(words), position: "right", color: "inherit", formatter: ({ dataIndex }) => words[dataIndex] },
      })),
      ...hatched,
    ],
  };
}

// The middle half of units as a box of two parts, which meet at the median, and a sign for the one looked at. Each row is
// drawn to its own scale: its numbers stand beside it.
function box({ series, words }, place) {
  const width = innerWidth < 768 ? 170 : 300;
  const labels = series.map((row) => `${row.name}\n${row.words}`);
  const heights = series.map((row) => 24 + (linesOf(row.name, width) + linesOf(row.words, width)) * LINE);
  const [legend, top] = legendOf(words.map((name) => ({ name })), place);
  place.style.height = `${top + 8 + labels.length * Math.max(...heights)}px`;
  const scaled = (value) => series.map((row) => value(row) / (Math.max(row.high, row.here ?? 0) || 1));
  const part = (name, value, opacity) => ({ name, type: "bar", stack: "box", data: scaled(value), barWidth: 20, silent: true, itemStyle: { opacity } });
  return {
    grid: { left: 8, right: 16, top, bottom: 8, containLabel: true },
    legend: { ...legend, data: words },
    xAxis: { type: "value", min: 0, max: 1, axisLabel: { show: false }, splitLine: { show: false } },
    yAxis: { type: "category", inverse: true, data: labels, axisLabel: { width, overflow: "break", lineHeight: LINE, interval: 0 } },
    series: [
      part("", (row) => row.low, 0),
      part(words[0], (row) => row.middle - row.low, 0.5),
      part(words[1], (row) => row.high - row.middle, 0.5),
      {
        name: words[2] ?? "",
        type: "line",
        data: scaled((row) => row.here ?? NaN).map((at, n) => [Number.isNaN(at) ? null : at, labels[n]]),
        lineStyle: { width: 0 },
        symbol: "diamond",
        symbolSize: 18,
      },
    ],
  };
}
