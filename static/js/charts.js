// portal.chart(element, option): an ECharts chart in the portal's colours that follows the screen's size and its light or
// dark side, and that screen readers can read. The option is plain ECharts; the element's height comes from .chart.
(function () {
  const started = new Map();
  // light-dark() resolves only on an element, so every colour is read through one.
  const probe = document.createElement("span");

  function colour(name) {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  }

  function theme() {
    document.body.append(probe);
    const text = colour("--tblr-secondary");
    const line = colour("--tblr-border-color");
    const surface = colour("--tblr-bg-surface");
    const axis = {
      axisLine: { lineStyle: { color: line } },
      axisTick: { show: false },
      axisLabel: { color: text, fontSize: 12 },
      splitLine: { lineStyle: { color: line } },
    };
    const made = {
      color: ["--tone-green", "--tone-blue", "--tone-yellow", "--tone-red", "--tone-grey"].map(colour),
      textStyle: { fontFamily: "Inter Variable, system-ui, sans-serif", color: text },
      categoryAxis: { ...axis, splitLine: { show: false } },
      valueAxis: axis,
      timeAxis: axis,
      legend: { textStyle: { color: text } },
      // The default tooltip is HTML with inline styles, which the page's policy forbids.
      tooltip: { renderMode: "richText", backgroundColor: surface, borderColor: line, textStyle: { color: colour("--tblr-body-color") } },
    };
    probe.remove();
    return made;
  }

  function draw(element) {
    const option = started.get(element);
    echarts.getInstanceByDom(element)?.dispose();
    echarts.init(element, theme()).setOption({ aria: { enabled: true }, animation: false, ...option });
  }

  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) echarts.getInstanceByDom(target)?.resize();
  });

  document.addEventListener("portal:theme", () => started.forEach((_, element) => draw(element)));

  window.portal = window.portal || {};
  window.portal.chart = (element, option) => {
    started.set(element, option);
    draw(element);
    sizes.observe(element);
    return echarts.getInstanceByDom(element);
  };
})();
