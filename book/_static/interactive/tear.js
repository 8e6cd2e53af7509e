/**
 * A chain that tries to part a Gaussian in two: K layers g(z) = z + c tanh z, the same each time.
 * Every point but 0 moves away from 0; the slope at 0 is (1 + c)^K, so the density there falls
 * geometrically with the depth and is never zero. Trajectories open and never cross.
 */
(function (NF) {
  "use strict";

  // ---------------------------------------------------------------- the mathematics

  /** g_c(z). */
  function layer(c, z) {
    return z + c * Math.tanh(z);
  }

  /** g_c'(z). */
  function layerSlope(c, z) {
    return 1 + c * (1 - Math.tanh(z) ** 2);
  }

  /** z_0, …, z_K. */
  function trajectory(c, K, z) {
    const all = [z];
    for (let k = 0; k < K; k++) all.push(layer(c, all[k]));
    return all;
  }

  /** f(z) after K layers. */
  function forward(c, K, z) {
    return trajectory(c, K, z)[K];
  }

  /** f'(z), the product of the layers' slopes. */
  function slope(c, K, z) {
    return trajectory(c, K, z).slice(0, K).reduce((all, at) => all * layerSlope(c, at), 1);
  }

  /** f⁻¹(x), layer by layer, last first. */
  function inverse(c, K, x) {
    let z = x;
    for (let k = 0; k < K; k++) {
      const y = z;
      z = NF.solveIncreasing((a) => layer(c, a), (a) => layerSlope(c, a), y, y - c, y + c);
    }
    return z;
  }

  /** p_Z(z), standard normal. */
  function baseDensity(z) {
    return Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
  }

  /** p_X(x) = p_Z(z) / f'(z). */
  function density(c, K, x) {
    const z = inverse(c, K, x);
    return baseDensity(z) / slope(c, K, z);
  }

  /** Slope and density at 0, and Pr(|X| < 1). */
  function measure(c, K) {
    const edge = inverse(c, K, 1);
    return {
      slope: slope(c, K, 0), p0: density(c, K, 0), edge, bridge: NF.erf(edge / Math.SQRT2),
    };
  }

  /** The middle of each of n parts of equal probability of the base. */
  function quantiles(n) {
    const cdf = (z) => 0.5 * (1 + NF.erf(z / Math.SQRT2));
    return Array.from({ length: n }, (_, i) => (2 * i + 1 === n ? 0
      : NF.solveIncreasing(cdf, baseDensity, (i + 0.5) / n, -6, 6)));
  }

  // ---------------------------------------------------------------- state and words

  const initial = { K: 4, c: 0.5, scale: "linear", width: 460 };

  const controls = [
    { key: "K", kind: "range", min: 1, max: 12, step: 1 },
    { key: "c", kind: "range", min: 0, max: 1, step: 0.05, digits: 2 },
    { key: "scale", kind: "select", options: ["linear", "log"] },
  ];

  /** The next state, inside the limits of the controls; K is a whole number. */
  function reduce(state, change) {
    const next = { ...state, ...change };
    next.K = Math.min(Math.max(Math.round(next.K), 1), 12);
    next.c = Math.min(Math.max(next.c, 0), 1);
    next.width = Math.min(Math.max(next.width, 280), 720);
    return next;
  }

  const strings = {
    es: {
      controls: {
        K: `Capas ${NF.htmlMath("K")}`, c: `Fuerza ${NF.htmlMath("c")}`, scale: "Escala de la densidad",
      },
      options: { scale: { linear: "lineal", log: "logarítmica" } },
      label: (K, c) => "Abajo: la densidad gaussiana de z. Al medio: las trayectorias de 25 puntos"
        + ` a través de ${K} capas con c = ${c}, que se abren sin cruzarse; la central no se mueve.`
        + " Arriba: la densidad de x, con un valle en 0 que nunca llega a cero.",
      slope: "pendiente en 0", p0: "densidad en 0", bridge: "masa del puente, entre −1 y 1",
      base: "base", model: "modelo",
      caption: (K, c) => `${K}, ${c}`,
      summary: (K, c, slope, p0, bridge) => `${K} capas con c = ${c}: la pendiente en 0 es ${slope},`
        + ` la densidad en 0, ${p0}, y la masa entre menos uno y uno, ${bridge}.`,
    },
    en: {
      controls: {
        K: `Layers ${NF.htmlMath("K")}`, c: `Strength ${NF.htmlMath("c")}`, scale: "Scale of the density",
      },
      options: { scale: { linear: "linear", log: "logarithmic" } },
      label: (K, c) => "Below: the Gaussian density of z. Middle: the trajectories of 25 points"
        + ` through ${K} layers with c = ${c}, which open without crossing; the central one stays.`
        + " Above: the density of x, with a valley at 0 that never reaches zero.",
      slope: "slope at 0", p0: "density at 0", bridge: "mass of the bridge, from −1 to 1",
      base: "base", model: "model",
      caption: (K, c) => `${K}, ${c}`,
      summary: (K, c, slope, p0, bridge) => `${K} layers with c = ${c}: the slope at 0 is ${slope},`
        + ` the density at 0, ${p0}, and the mass between minus one and one, ${bridge}.`,
    },
  };

  // ---------------------------------------------------------------- the drawing

  const POINTS = 25;
  const STEPS = 160; // segments of a density
  const REACH = 4.2; // the base is drawn on [−REACH, REACH]
  const TOP = { linear: 0.45, log: 0 }; // of the density axis; log: its exponent of ten
  const BOTTOM = -5; // exponent of ten at the foot of the logarithmic axis

  const { line, text } = NF;

  /** Where everything goes: three panels with one horizontal axis. */
  function layout(state) {
    const [left, right, top, gap] = [44, 10, 28, 12];
    const [tall, middle, low] = [150, 170, 70];
    const span = Math.max(4, 1.05 * forward(state.c, state.K, 3));
    const foot = top + tall;
    const first = foot + gap + middle; // where k = 0
    const floor = first + gap + low;
    const height = NF.scale(state.scale === "log" ? BOTTOM : 0, TOP[state.scale], foot, top);
    return {
      left, top, foot, first, floor, width: state.width, right: state.width - right,
      height: floor + 44, span,
      x: NF.scale(-span, span, left, state.width - right),
      k: NF.scale(0, state.K, first, foot + gap),
      p: (value) => (state.scale === "log"
        ? height(Math.max(Math.log10(value), BOTTOM)) : height(value)),
      base: NF.scale(0, TOP.linear, floor, first + gap),
    };
  }

  /** Axes, ticks and names. */
  function frame(at, state) {
    const marks = [
      line("nf-axis", [[at.left, at.top], [at.left, at.foot], [at.right, at.foot]]),
      line("nf-axis", [[at.left, at.floor], [at.right, at.floor]]),
    ];
    const every = [1, 2, 4, 5, 10].find((step) => (2 * at.span) / step <= 9) ?? 10;
    for (let x = -Math.floor(at.span / every) * every; x <= at.span; x += every) {
      marks.push(line("nf-axis", [[at.x(x), at.floor], [at.x(x), at.floor + 4]]));
      marks.push(text(at.x(x), at.floor + 17, "middle", String(x).replace("-", "−")));
    }
    const values = state.scale === "log" ? [1e-4, 1e-2, 1] : [0, 0.2, 0.4];
    for (const value of values) {
      const name = state.scale === "log" && value < 1
        ? NF.svgMath(`10^${String(Math.round(Math.log10(value))).replace("-", "−")}`) : value;
      marks.push(line("nf-axis", [[at.left - 4, at.p(value || 1e-9)], [at.left, at.p(value || 1e-9)]]));
      marks.push(text(at.left - 7, at.p(value || 1e-9) + 4, "end", name));
    }
    for (const k of [0, state.K]) marks.push(text(at.left - 7, at.k(k) + 4, "end", k));
    return marks.concat(
      text(at.left + 6, at.top - 10, "start", NF.svgMath("p_X(x)"), "nf-name nf-model-text"),
      text(at.left - 7, (at.k(0) + at.k(state.K)) / 2 + 4, "end", NF.svgMath("k"), "nf-name"),
      text(at.left - 2, at.floor - 6, "end", NF.svgMath("p_Z(z)"), "nf-name nf-base-text"),
      text(at.right, at.floor + 33, "end", NF.svgMath("z_k"), "nf-name"),
    );
  }

  /** A density as a line, drawn at the images of points of the base that crowd around 0. */
  function curves(at, state) {
    const grid = Array.from({ length: STEPS + 1 }, (_, i) => REACH * (2 * i / STEPS - 1) ** 3);
    const below = grid.filter((z) => Math.abs(z) <= at.span)
      .map((z) => [at.x(z), at.base(baseDensity(z))]);
    const above = grid.map((z) => [forward(state.c, state.K, z),
      baseDensity(z) / slope(state.c, state.K, z)])
      .filter(([x]) => Math.abs(x) <= at.span).map(([x, p]) => [at.x(x), at.p(p)]);
    return [line("nf-line nf-base", below), line("nf-line nf-model", above)];
  }

  /** The figure as SVG text. */
  function render(state, words) {
    const at = layout(state);
    const paths = quantiles(POINTS).map((z) => line(z === 0 ? "nf-curve" : "nf-ghost",
      trajectory(state.c, state.K, z).map((x, k) => [at.x(x), at.k(k)])));
    return NF.tag("svg", {
      xmlns: "http://www.w3.org/2000/svg", class: "nf-svg", role: "img",
      viewBox: `0 0 ${at.width} ${at.height}`,
      "aria-label": words.label(state.K, state.c.toFixed(2)),
    }, ...frame(at, state), ...paths, ...curves(at, state));
  }

  /** The numbers at 0 and of the bridge, before and after. */
  function readout(state, words) {
    const before = measure(0, 1);
    const after = measure(state.c, state.K);
    const M = NF.htmlMath;
    const N = NF.number;
    const row = (key, formula, digits) => `<tr><th scope="row">${words[key]}</th><td>${formula}</td>
      <td>${before[key].toFixed(digits)}</td><td>${N(key, after[key], digits)}</td></tr>`;
    return `<table class="nf-table">
      <caption>${words.caption(`${M("K =")} ${state.K}`, `${M("c =")} ${N("c", state.c, 2)}`)}</caption>
      <thead><tr><td></td><td></td><th scope="col">${words.base}</th>
        <th scope="col">${words.model}</th></tr></thead>
      <tbody>${row("slope", `(1 + ${M("c")})<sup>${M("K")}</sup>`, 2)}
      ${row("p0", M("p_X(0)"), 6)}${row("bridge", `Pr(|${M("X")}| &lt; 1)`, 6)}</tbody></table>`;
  }

  /** The same in one sentence. */
  function summary(state, words) {
    const m = measure(state.c, state.K);
    return words.summary(state.K, state.c.toFixed(2), m.slope.toFixed(2), m.p0.toFixed(6),
      m.bridge.toFixed(6));
  }

  const figure = {
    initial, strings, controls, reduce, render, readout, summary,
    animate: { key: "K", from: 1, to: 12, seconds: 4 },
    model: { forward, slope, inverse, density, measure, trajectory, quantiles },
  };
  NF.register("tear", figure);
})(globalThis.NFInteractive);
