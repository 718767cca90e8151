// Draws every [data-chart]: the figures come from the json_script it names, the same that stand in the table beneath it.
import { chartFile, drawChart } from "../lib/chart.js";

const whole = new Intl.NumberFormat(document.documentElement.lang);
const compact = new Intl.NumberFormat(document.documentElement.lang, { notation: "compact", compactDisplay: "long" });

document.addEventListener("DOMContentLoaded", () => {
  for (const place of document.querySelectorAll("[data-chart]")) {
    const figures = JSON.parse(document.getElementById(place.dataset.chart).textContent);
    if (place.dataset.notMeasured) document.body.dataset.notMeasured = place.dataset.notMeasured;
    drawChart(place, { bar, heat, line }[figures.kind](figures));
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
  const button = event.target.closest("[data-save]");
  if (!button) return;
  const link = document.createElement("a");
  link.href = chartFile(document.querySelector(`[data-chart="${button.dataset.of}"]`), button.dataset.save);
  link.download = `${button.dataset.name}.${button.dataset.save}`;
  link.click();
});

// A figure that was not measured is a gap in the line, never a zero.
function format(value) {
  if (value === null || value === undefined) return document.body.dataset.notMeasured || "–";
  return whole.format(value);
}

function line({ series, marks = [], span = [] }) {
  // What happened is numbered; the list under the drawing says it in words.
  const markLine = {
    silent: true,
    symbol: "none",
    lineStyle: { type: "dashed", width: 1 },
    label: { rotate: 0, color: "inherit", formatter: ({ dataIndex }) => String(dataIndex + 1) },
    data: marks.map((day) => ({ xAxis: day })),
  };
  return {
    grid: { left: 8, right: 16, top: marks.length ? 56 : 40, bottom: 8, containLabel: true },
    legend: { type: "scroll", top: 0, left: 0 },
    tooltip: { trigger: "axis", valueFormatter: format },
    xAxis: { type: "time", min: span[0], max: span[1], minInterval: 864e5, axisLabel: { formatter: "{dd}/{MM}", hideOverlap: true } },
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

// Columns are the days of the week, rows the hours; a cell is [column, row, publications, median reach].
function heat({ rows, columns, cells, words }) {
  const most = Math.max(...cells.map((cell) => cell[2]));
  return {
    grid: { left: 8, right: 16, top: 8, bottom: 56, containLabel: true },
    tooltip: { formatter: ({ data }) => `${words[0]}: ${format(data[2])}\n${words[1]}: ${format(data[3])}` },
    xAxis: { type: "category", data: columns, axisLabel: { interval: 0 } },
    yAxis: { type: "category", data: rows, inverse: true },
    visualMap: { min: 0, max: most, dimension: 2, calculable: false, orient: "horizontal", left: "center", bottom: 0, precision: 0 },
    series: [{ type: "heatmap", data: cells, label: { show: true, formatter: ({ data }) => format(data[2]) } }],
  };
}

function bar({ labels, series }) {
  const width = innerWidth < 768 ? 110 : 170;
  return {
    grid: { left: 8, right: 24, top: 40, bottom: 8, containLabel: true },
    legend: { top: 0, left: 0 },
    tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, valueFormatter: format },
    xAxis: {
      type: "value",
      minInterval: 1,
      axisLabel: { formatter: (value) => compact.format(value), hideOverlap: true },
    },
    yAxis: { type: "category", inverse: true, data: labels, axisLabel: { width, overflow: "truncate" } },
    series: series.map(({ name, values }) => ({ name, type: "bar", data: values, barMaxWidth: 18 })),
  };
}
