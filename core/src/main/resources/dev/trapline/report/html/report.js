// SPDX-License-Identifier: Apache-2.0
// The page's own script: tables, explanations, theme, download, charts. Text of the run is only
// ever set as text, never as markup.
(function () {
  "use strict";

  const root = document.documentElement;
  root.classList.add("js");

  /** What charts are drawn from; there from the moment when it is unpacked. */
  let data = null;

  const unpacked = (async () => {
    const packed = Uint8Array.from(atob(document.getElementById("report-data").textContent),
      (letter) => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    data = JSON.parse(await new Response(stream).text());
  })();

  // ---- words, as dev.trapline.report.Quantity has them ---------------------------------

  function significant(value) {
    const magnitude = Math.abs(value);
    if (magnitude >= 1e6) return Math.round(value).toLocaleString("en-US");
    if (magnitude >= 99.95) return value.toFixed(0);
    if (magnitude >= 9.995) return value.toFixed(1);
    if (magnitude >= 0.9995 || magnitude === 0) return value.toFixed(2);
    if (magnitude >= 0.00995) return value.toFixed(3);
    return Number(value.toPrecision(2)).toString();
  }

  function nanos(value) {
    if (value === 0) return "0";
    const magnitude = Math.abs(value);
    if (magnitude < 999.5) return significant(value) + " ns";
    if (magnitude < 999.5e3) return significant(value / 1e3) + " us";
    if (magnitude < 999.5e6) return significant(value / 1e6) + " ms";
    return significant(value / 1e9) + " s";
  }

  function bitRate(value) {
    if (value === 0) return "0";
    if (value < 999.5e3) return significant(value / 1e3) + " kbit/s";
    if (value < 999.5e6) return significant(value / 1e6) + " Mbit/s";
    return significant(value / 1e9) + " Gbit/s";
  }

  function bytes(value) {
    if (value < 1023.5) return significant(value) + " B";
    if (value < 1023.5 * 1024) return significant(value / 1024) + " KiB";
    if (value < 1023.5 * 1048576) return significant(value / 1048576) + " MiB";
    return significant(value / 1073741824) + " GiB";
  }

  /** For the marks of an axis: as short as they can be. */
  function short(text) {
    return text.replace(/(\.\d*?)0+(?= |$)/, "$1").replace(/\.(?= |$)/, "");
  }

  function percentile(value) {
    return "p" + Number(value.toPrecision(9));
  }

  function titleOf(part) {
    return part.emulated ? part.environment + " (" + part.mark + ")" : part.environment;
  }

  function capitalised(word) {
    return word.charAt(0).toUpperCase() + word.slice(1);
  }

  // ---- tables --------------------------------------------------------------------------

  function keyOf(row, column, numeric) {
    const cell = row.cells[column];
    if (cell.dataset.v !== undefined) return Number(cell.dataset.v);
    return numeric ? null : cell.textContent;
  }

  function sort(header) {
    const table = header.closest("table");
    const numeric = header.classList.contains("n");
    const before = header.getAttribute("aria-sort");
    const direction =
      before === "none"
        ? numeric ? "descending" : "ascending"
        : before === "ascending" ? "descending" : "ascending";
    for (const other of table.tHead.rows[0].cells) other.setAttribute("aria-sort", "none");
    header.setAttribute("aria-sort", direction);
    const sign = direction === "ascending" ? 1 : -1;
    const column = header.cellIndex;
    const rows = [...table.tBodies[0].rows];
    rows.sort((one, other) => {
      const a = keyOf(one, column, numeric);
      const b = keyOf(other, column, numeric);
      if (a === null || b === null) return (a === null) - (b === null);
      return sign * (typeof a === "number" && typeof b === "number"
        ? a - b
        : String(a).localeCompare(String(b)));
    });
    table.tBodies[0].append(...rows);
  }

  function filter(block, words) {
    const wanted = words.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const table = block.querySelector("table");
    table.classList.toggle("filtering", wanted.length > 0);
    let shown = 0;
    for (const row of table.tBodies[0].rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !wanted.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    block.querySelector("output").textContent =
      wanted.length === 0 ? "" : shown + " of " + table.tBodies[0].rows.length + " rows";
  }

  function showRare(button) {
    const show = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", String(show));
    button.textContent = (show ? "Hide " : "Show ") + button.dataset.rare + " rarer";
    for (const row of button.closest(".table-block").querySelectorAll("tr.rare")) {
      row.classList.toggle("asked", show);
    }
  }

  for (const button of document.querySelectorAll("button.sort")) {
    button.addEventListener("click", () => sort(button.closest("th")));
  }
  for (const input of document.querySelectorAll("input.filter")) {
    input.addEventListener("input", () => filter(input.closest(".table-block"), input.value));
  }
  for (const button of document.querySelectorAll("button.show-rare")) {
    button.addEventListener("click", () => showRare(button));
  }

  // ---- explanations --------------------------------------------------------------------

  const dialog = document.getElementById("explanation");

  function explain(article) {
    const body = dialog.querySelector(".explanation-body");
    const copy = article.cloneNode(true);
    copy.removeAttribute("id");
    copy.querySelector("h3").id = "explanation-title";
    body.replaceChildren(...copy.childNodes);
    dialog.showModal();
    dialog.scrollTop = 0;
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.call");
    if (link) {
      const article = document.getElementById(link.getAttribute("href").slice(1));
      if (article) {
        event.preventDefault();
        explain(article);
      }
    }
  });
  dialog.querySelector(".close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });

  // ---- download ------------------------------------------------------------------------

  document.getElementById("download").addEventListener("click", async () => {
    await unpacked;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(
      new Blob([JSON.stringify(data, null, 1) + "\n"], { type: "application/json" }));
    link.download = "trapline-report.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });

  // ---- navigation ----------------------------------------------------------------------

  const entries = new Map();
  for (const link of document.querySelectorAll("nav a")) {
    entries.set(link.getAttribute("href").slice(1), link);
  }
  const visible = new Set();
  const watcher = new IntersectionObserver((changes) => {
    for (const change of changes) {
      if (change.isIntersecting) visible.add(change.target.id);
      else visible.delete(change.target.id);
    }
    const first = [...entries.keys()].find((id) => visible.has(id));
    for (const [id, link] of entries) {
      if (id === first) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }, { rootMargin: "-10% 0px -60% 0px" });
  for (const id of entries.keys()) watcher.observe(document.getElementById(id));

  // ---- charts --------------------------------------------------------------------------

  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);

  function colour(name) {
    probe.className = "";
    probe.style.color = "var(--" + name + ")";
    return getComputedStyle(probe).color;
  }

  function series(index) {
    return colour("series-" + (1 + (index % 8)));
  }

  function axis(extra) {
    return Object.assign({
      axisLine: { onZero: false, lineStyle: { color: colour("line") } },
      axisTick: { lineStyle: { color: colour("line") } },
      axisLabel: { color: colour("muted"), fontSize: 12 },
      nameTextStyle: { color: colour("muted"), fontSize: 12 },
      splitLine: { lineStyle: { color: colour("line-soft") } },
      minorSplitLine: { lineStyle: { color: colour("line-soft") } },
    }, extra);
  }

  function base(extra) {
    return Object.assign({
      animation: false,
      backgroundColor: "transparent",
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: colour("ink") },
      grid: { left: 12, right: 28, top: 36, bottom: 34, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
      legend: { top: 0, left: 0, icon: "circle", itemWidth: 9, itemHeight: 9, itemGap: 18,
        textStyle: { color: colour("muted"), fontSize: 12 }, inactiveColor: colour("line") },
      tooltip: {
        renderMode: "richText", confine: true, backgroundColor: colour("surface"),
        borderColor: colour("line"), borderWidth: 1, padding: [7, 10],
        textStyle: { color: colour("ink"), fontSize: 12 },
      },
    }, extra);
  }

  function ofTest(name) {
    return data.tests.filter((test) => test.test === name && test.unit !== null);
  }

  /** A scale that begins at 0, unless that would hide the small behind the large. */
  function scaleFor(values) {
    const positive = values.filter((value) => value > 0);
    return positive.length > 0 && Math.max(...positive) / Math.min(...positive) > 25
      ? { type: "log", minorSplitLine: { show: false } }
      : { type: "value", min: 0 };
  }

  function rows(names) {
    return axis({
      type: "value", inverse: true, min: -0.6, max: names.length - 0.4,
      splitLine: { show: false }, axisTick: { show: false }, axisLine: { show: false },
      axisLabel: { color: colour("ink"), fontSize: 12.5, lineHeight: 16, customValues: names.map((_, at) => at),
        formatter: (at) => names[Math.round(at)] || "", width: 190, overflow: "break" },
    });
  }

  const DRAW = {
    outcome(name) {
      const tests = ofTest(name);
      const words = tests[0].outcome.unit === "ns" ? nanos : bitRate;
      const values = tests.flatMap((test) => test.outcome.trials.map((trial) => trial.value));
      const shift = { control: -0.15, traced: 0.17 };
      const kinds = [["control", "untraced trials", colour("series-1")], ["traced", "traced trials", colour("series-2")]];
      const drawn = [];
      for (const [kind, label, paint] of kinds) {
        const line = [];
        const middle = [];
        const dots = [];
        tests.forEach((test, at) => {
          const interval = test.outcome[kind];
          const y = at + shift[kind];
          if (interval !== null) {
            if (interval.low !== null) line.push([interval.low, y], [interval.high, y], ["-", "-"]);
            middle.push({ value: [interval.median, y], interval });
          }
          test.outcome.trials.filter((trial) => trial.traced === (kind === "traced"))
            .forEach((trial, number) => dots.push({
              // A little up and down, always the same, so that equal trials are seen.
              value: [trial.value, y + ((number * 7) % 5 - 2) * 0.022], trial: trial.trial }));
        });
        drawn.push({ name: label, type: "line", data: line, symbol: "none", silent: true, z: 2,
          lineStyle: { color: paint, width: 3, opacity: 0.45, cap: "round" }, itemStyle: { color: paint } });
        drawn.push({ name: label, type: "scatter", data: dots, symbolSize: 9, z: 3,
          itemStyle: { color: paint, opacity: 0.75, borderColor: colour("surface"), borderWidth: 1 },
          tooltip: { formatter: (point) => point.data.trial + "\n" + words(point.value[0]) } });
        drawn.push({ name: label, type: "scatter", data: middle, symbol: "rect", symbolSize: [3, 22], z: 4,
          itemStyle: { color: paint },
          tooltip: { formatter: (point) => {
            const one = point.data.interval;
            return "median of " + one.n + ": " + words(one.median) + (one.low === null ? ""
              : "\n" + words(one.low) + " to " + words(one.high) + ", "
                + Math.round(one.confidence * 1000) / 10 + "% confidence");
          } } });
      }
      return base({
        xAxis: axis(Object.assign(scaleFor(values), {
          axisLabel: { color: colour("muted"), fontSize: 12, hideOverlap: true, formatter: (value) => short(words(value)) } })),
        yAxis: rows(tests.map(titleOf)),
        series: drawn,
      });
    },

    percentiles(name) {
      const tests = ofTest(name).filter((test) => test.percentiles.length > 0);
      const tail = (value) => 1 / (1 - Math.min(value, 99.9999) / 100);
      const all = tests.flatMap((test) => test.percentiles.map((one) => one.halfRttNanos));
      const marks = [50, 90, 99, 99.9, 99.99, 99.999];
      const most = Math.max(...tests.flatMap((test) => test.percentiles.map((one) => one.percentile)));
      const scale = scaleFor(all);
      return base({
        tooltip: Object.assign(base({}).tooltip, {
          formatter: (point) => point.seriesName + "\n" + percentile(point.data.percentile) + ": " + nanos(point.value[1]) }),
        xAxis: axis({ type: "log", min: 1, max: tail(most) * 1.15, splitLine: { show: false },
          axisLabel: { color: colour("muted"), fontSize: 12,
            customValues: marks.filter((mark) => mark <= most).map(tail),
            formatter: (value) => percentile(marks.reduce((best, mark) =>
              Math.abs(tail(mark) - value) < Math.abs(tail(best) - value) ? mark : best)) } }),
        yAxis: axis(Object.assign(scale, {
          axisLabel: { color: colour("muted"), fontSize: 12, formatter: (value) => short(nanos(value)) } })),
        series: tests.map((test, at) => ({
          name: titleOf(test), type: "line", symbol: "circle", symbolSize: 6,
          itemStyle: { color: series(at) },
          lineStyle: { color: series(at), width: 2, type: test.emulated ? "dashed" : "solid" },
          data: test.percentiles.map((one) => ({
            value: [tail(one.percentile), one.halfRttNanos], percentile: one.percentile })),
        })),
      });
    },

    time(name) {
      const bars = ofTest(name).flatMap((test) => test.roles
        .filter((role) => role.total.workNanosPerUnit !== null)
        .map((role) => ({ label: titleOf(test) + ", " + role.role, total: role.total })));
      if (bars.length === 0) return null;
      const parts = [["work", "workNanosPerUnit"], ["runnable", "runnableNanosPerUnit"],
        ["guest", "guestNanosPerUnit"], ["blocked", "blockedNanosPerUnit"]]
        .filter(([, key]) => bars.some((bar) => bar.total[key] > 0));
      return base({
        tooltip: Object.assign(base({}).tooltip, {
          formatter: (point) => point.name + "\n" + point.seriesName + ": " + nanos(point.value) }),
        xAxis: axis({ type: "value",
          axisLabel: { color: colour("muted"), fontSize: 12, hideOverlap: true, formatter: (value) => short(nanos(value)) } }),
        yAxis: axis({ type: "category", inverse: true, data: bars.map((bar) => bar.label),
          axisTick: { show: false }, axisLabel: { color: colour("ink"), fontSize: 12.5, lineHeight: 16, width: 230, overflow: "break" } }),
        series: parts.map(([label, key]) => ({
          name: label, type: "bar", stack: "time", barMaxWidth: 20,
          itemStyle: { color: colour(label) }, data: bars.map((bar) => bar.total[key] || 0) })),
      });
    },

    account(name) {
      const accounts = data.accounts.filter((account) => account.test === name);
      const labels = accounts.map((account) => {
        const facts = data.environments.find((one) => one.name === account.environment);
        return facts && facts.emulated ? account.environment + " (" + facts.mark + ")" : account.environment;
      });
      const names = [];
      for (const account of accounts) {
        for (const part of account.parts) if (!names.includes(part.name)) names.push(part.name);
      }
      const kindOf = new Map(accounts.flatMap((account) => account.parts.map((part) => [part.name, part])));
      names.sort((one, other) => (kindOf.get(one).kind === "unexplained") - (kindOf.get(other).kind === "unexplained"));
      const paint = {
        "kernel-work": "series-1", user: "series-3", guest: "series-4", "vcpu-host": "series-5", vmm: "series-2",
        vhost: "series-6", "kernel-thread": "series-8", softirq: "series-7", runnable: "runnable",
        unexplained: "blocked", overlap: "bad" };
      return base({
        grid: Object.assign(base({}).grid, { top: 62 }),
        legend: Object.assign(base({}).legend, { itemGap: 14, type: "plain" }),
        tooltip: Object.assign(base({}).tooltip, {
          formatter: (point) => point.name + "\n" + point.seriesName + ": "
            + (point.value < 0 ? "-" : "") + nanos(Math.abs(point.value)) }),
        xAxis: axis({ type: "value",
          axisLabel: { color: colour("muted"), fontSize: 12, hideOverlap: true, formatter: (value) => short(nanos(value)) } }),
        yAxis: axis({ type: "category", inverse: true, data: labels, axisTick: { show: false },
          axisLabel: { color: colour("ink"), fontSize: 12.5, lineHeight: 16, width: 190, overflow: "break" } }),
        series: names.map((part) => ({
          name: part, type: "bar", stack: "account", barMaxWidth: 26,
          itemStyle: { color: colour(paint[kindOf.get(part).kind] || "series-8"),
            opacity: kindOf.get(part).party === "server" ? 0.62 : 1,
            borderColor: colour("surface"), borderWidth: 0.5 },
          data: accounts.map((account) => {
            const found = account.parts.find((one) => one.name === part);
            return found ? found.nanos : 0;
          }) })),
      });
    },

    roofline() {
      const groups = new Map();
      for (const point of data.roofline.points) {
        const key = point.test + " in " + point.environment + ", " + point.role;
        if (!groups.has(key)) groups.set(key, []);
        groups.get(key).push(point);
      }
      const symbols = ["circle", "rect", "triangle", "diamond"];
      const all = data.roofline.points;
      const corners = data.roofline.ceilings.flatMap((ceiling) => ceiling.corners);
      const span = (values) => {
        const low = Math.floor(Math.log10(Math.min(...values)));
        const high = Math.ceil(Math.log10(Math.max(...values)));
        return { min: 10 ** low, max: 10 ** Math.max(high, low + 1) };
      };
      const x = span(all.map((one) => one.bytesPerCall).concat(corners.map((one) => one.bytesPerCall)).filter((one) => one > 0));
      const y = span(all.map((one) => one.goodputBitsPerSecond).concat(corners.map((one) => one.bitsPerSecond)).filter((one) => one > 0));
      return base({
        grid: Object.assign(base({}).grid, { top: 84, bottom: 46 }),
        tooltip: Object.assign(base({}).tooltip, { formatter: (point) => point.seriesType === "line"
          ? point.seriesName
          : point.data.trial + ", " + point.data.role + "\n" + point.data.call + ": " + bytes(point.value[0])
            + " per call, " + bitRate(point.value[1])
            + (point.data.shareOfCeiling === null ? "" : "\n" + Math.round(point.data.shareOfCeiling * 100)
              + "% of the ceiling, " + point.data.bound) }),
        xAxis: axis(Object.assign(x, { type: "log", name: "bytes per call", nameLocation: "middle", nameGap: 28,
          axisLabel: { color: colour("muted"), fontSize: 12, formatter: (value) => short(bytes(value)) } })),
        yAxis: axis(Object.assign(y, { type: "log",
          axisLabel: { color: colour("muted"), fontSize: 12, formatter: (value) => short(bitRate(value)) } })),
        series: data.roofline.ceilings.map((ceiling, at) => ({
          name: ceiling.name, type: "line", symbol: ceiling.measured ? "emptyCircle" : "none", symbolSize: 4,
          itemStyle: { color: colour("muted") },
          lineStyle: { color: colour("muted"), width: 1.6, type: ["solid", "dashed", "dotted"][at % 3] },
          data: ceiling.corners.filter((one) => one.bytesPerCall > 0 && one.bitsPerSecond > 0)
            .map((one) => [one.bytesPerCall, one.bitsPerSecond]) }))
          .concat([...groups].map(([key, points], at) => ({
            name: key, type: "scatter", symbol: symbols[at % 4], symbolSize: 11,
            itemStyle: { color: series(at), opacity: 0.85, borderColor: colour("surface"), borderWidth: 1 },
            data: points.map((point) => Object.assign({}, point, {
              value: [point.bytesPerCall, point.goodputBitsPerSecond] })) }))),
      });
    },

    waits() {
      const names = ["select", "poll", "epoll_wait"];
      const sweeps = data.calibration.sweeps.filter((sweep) => names.includes(sweep.name));
      return base({
        tooltip: Object.assign(base({}).tooltip, { formatter: (point) => point.seriesName + ", "
          + point.value[0] + " descriptors: " + nanos(point.value[1]) }),
        grid: Object.assign(base({}).grid, { bottom: 46 }),
        xAxis: axis({ type: "log", min: 1, name: "idle descriptors", nameLocation: "middle", nameGap: 28 }),
        yAxis: axis({ type: "log",
          axisLabel: { color: colour("muted"), fontSize: 12, formatter: (value) => short(nanos(value)) } }),
        series: names.flatMap((name, at) => sweeps.filter((sweep) => sweep.name === name).map((sweep) => ({
          name, type: "line", symbol: "circle", symbolSize: 6,
          itemStyle: { color: series(at) }, lineStyle: { color: series(at), width: 2 },
          data: sweep.points.filter((point) => point.at > 0).map((point) => [point.at, point.nanos.median]) }))),
      });
    },

    rates(name) {
      const lines = ofTest(name).flatMap((test) => test.roles
        .filter((role) => role.rates.length > 0)
        .map((role) => ({ label: titleOf(test) + ", " + role.role, rate: role.rates[0] })));
      if (lines.length === 0) return null;
      return base({
        tooltip: Object.assign(base({}).tooltip, {
          formatter: (point) => point.seriesName + "\n" + significant(point.value[0]) + " s: "
            + significant(point.value[1]) + " calls/s" }),
        xAxis: axis({ type: "value", min: 0, splitLine: { show: false },
          axisLabel: { color: colour("muted"), fontSize: 12, formatter: (value) => value + " s" } }),
        yAxis: axis({ type: "value", min: 0,
          axisLabel: { color: colour("muted"), fontSize: 12,
            formatter: (value) => value >= 1000 ? value / 1000 + "k/s" : value + "/s" } }),
        series: lines.map((line, at) => {
          const seconds = line.rate.intervalNanos / 1e9;
          return { name: line.label, type: "line", showSymbol: false, symbolSize: 6,
            itemStyle: { color: series(at) }, lineStyle: { color: series(at), width: 1.8 },
            // The last interval is cut short by the end of the capture.
            data: line.rate.calls.slice(0, -1).map((calls, number) => [(number + 0.5) * seconds, calls / seconds]) };
        }),
      });
    },
  };

  const charts = [];

  function draw(chart) {
    const option = DRAW[chart.place.dataset.chart](chart.place.dataset.of);
    if (option !== null) {
      chart.instance.setOption(option, true);
    }
  }

  for (const place of document.querySelectorAll(".chart")) {
    if (!place.closest("details:not([open])")) place.style.height = place.dataset.height + "px";
  }
  unpacked.then(() => {
    for (const place of document.querySelectorAll(".chart")) {
      if (place.closest("details:not([open])")) continue;
      const chart = { place, instance: echarts.init(place, null, { renderer: "canvas", devicePixelRatio: Math.max(2, window.devicePixelRatio || 1) }) };
      charts.push(chart);
      draw(chart);
    }
    root.dataset.charts = String(charts.length);
  });
  new ResizeObserver(() => charts.forEach((chart) => chart.instance.resize())).observe(document.getElementById("main"));

  // ---- dark and light ------------------------------------------------------------------

  const themeButton = document.getElementById("theme");
  const preferred = window.matchMedia("(prefers-color-scheme: dark)");

  function isDark() {
    return root.dataset.theme ? root.dataset.theme === "dark" : preferred.matches;
  }

  function themed() {
    themeButton.textContent = isDark() ? "Light" : "Dark";
    themeButton.setAttribute("aria-pressed", String(root.dataset.theme !== undefined));
    charts.forEach(draw);
  }

  themeButton.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    themed();
  });
  preferred.addEventListener("change", themed);
  themeButton.textContent = isDark() ? "Light" : "Dark";

  let beforePrint;
  window.addEventListener("beforeprint", () => {
    beforePrint = root.dataset.theme;
    root.dataset.theme = "light";
    charts.forEach((chart) => { chart.instance.resize(); draw(chart); });
  });
  window.addEventListener("afterprint", () => {
    if (beforePrint === undefined) delete root.dataset.theme;
    else root.dataset.theme = beforePrint;
    charts.forEach((chart) => { chart.instance.resize(); draw(chart); });
  });
})();
