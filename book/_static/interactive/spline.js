/**
 * A monotone rational-quadratic spline on [−3, 3] with three inner knots, the identity outside, and
 * the density of x = f(z) for z ~ N(0, 1).
 */
(function (NF) {
  "use strict";

  // ---------------------------------------------------------------- the mathematics

  const B = 3;
  const GAP = 0.2; // the least width and height of a bin
  const KNOTS = ["1", "2", "3"];
  const PRESETS = {
    two: { z: [-0.6, 0, 0.6], x: [-1.4, 0, 1.4], d: [0.5, 4, 0.5] },
    identity: { z: [-1.5, 0, 1.5], x: [-1.5, 0, 1.5], d: [1, 1, 1] },
    peak: { z: [-1.5, 0, 1.5], x: [-0.8, 0, 0.8], d: [0.8, 0.3, 0.8] },
    skewed: { z: [-1.5, 0, 1.5], x: [-2, -1, 1], d: [0.4, 1, 1.5] },
  };

  const pdf = (z) => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
  const ends = (inner, value) => [-value, ...inner, value];

  /** The bin whose interval of `edges` has v: its corner, width, height and two slopes. */
  function bin(knots, edges, v) {
    const [z, x, d] = [ends(knots.z, B), ends(knots.x, B), [1, ...knots.d, 1]];
    let k = 0;
    while (k < edges.length - 2 && v >= edges[k + 1]) k++;
    return { z0: z[k], x0: x[k], w: z[k + 1] - z[k], h: x[k + 1] - x[k], d0: d[k], d1: d[k + 1] };
  }

  /** f(z) and f'(z). */
  function forward(knots, z) {
    if (Math.abs(z) > B) return { x: z, slope: 1 };
    const { z0, x0, w, h, d0, d1 } = bin(knots, ends(knots.z, B), z);
    const [s, xi] = [h / w, (z - z0) / w];
    const both = xi * (1 - xi);
    const D = s * (1 - 2 * both) + (d0 + d1) * both;
    const x = x0 + (h * (s * xi * xi + d0 * both)) / D;
    const slope = (s * s * (d1 * xi * xi + 2 * s * both + d0 * (1 - xi) ** 2)) / (D * D);
    return { x, slope };
  }

  /** The z with f(z) = x, by the quadratic equation. */
  function inverse(knots, x) {
    if (Math.abs(x) > B) return x;
    const { z0, x0, w, h, d0, d1 } = bin(knots, ends(knots.x, B), x);
    const [s, eta] = [h / w, x - x0];
    const bend = eta * (d0 + d1 - (2 * h) / w);
    const [a, b, c] = [h * (s - d0) + bend, h * d0 - bend, s * eta];
    const root = Math.sqrt(Math.max(b * b + 4 * a * c, 0));
    const xi = b < 0 ? (root - b) / (2 * a) : (b + root === 0 ? 0 : (2 * c) / (b + root));
    return z0 + w * xi;
  }

  /** p_X(x). */
  function density(knots, x) {
    const z = inverse(knots, x);
    return pdf(z) / forward(knots, z).slope;
  }

  /** The curve: [z, f(z), p_X(f(z))] for z from −B to B. */
  function curve(knots, count) {
    return Array.from({ length: count + 1 }, (_, k) => {
      const z = -B + (2 * B * k) / count;
      const { x, slope } = forward(knots, z);
      return [z, x, pdf(z) / slope];
    });
  }

  /** How many local maxima p_X has within [−B, B]. */
  function modes(knots) {
    const p = curve(knots, 600).map((point) => point[2]);
    return p.filter((v, k) => k > 0 && k < 600 && v > p[k - 1] && v >= p[k + 1]).length;
  }

  function measure(state) {
    const { x, slope } = forward(state.knots, state.z);
    const pz = pdf(state.z);
    return { x, slope, pz, px: pz / slope, modes: modes(state.knots) };
  }

  // ---------------------------------------------------------------- state and words

  const initial = {
    z: 1, preset: "two", knot: "2", kz: 0, kx: 0, slope: 4, knots: PRESETS.two, width: 460,
  };

  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
  const snap = (value) => Math.round(value * 20) / 20; // steps of 0.05

  /** Between which values the chosen knot may be, along the axis "z" or "x". */
  function limits(state, axis) {
    const k = KNOTS.indexOf(state.knot);
    const all = ends(state.knots[axis], B);
    return [all[k] + GAP, all[k + 2] - GAP];
  }

  const controls = [
    { key: "z", kind: "range", min: -B, max: B, step: 0.05, digits: 2 },
    { key: "preset", kind: "select", options: [...Object.keys(PRESETS), "free"] },
    { key: "knot", kind: "select", options: KNOTS },
    { key: "kz", kind: "range", min: (s) => limits(s, "z")[0], max: (s) => limits(s, "z")[1], step: 0.05, digits: 2 },
    { key: "kx", kind: "range", min: (s) => limits(s, "x")[0], max: (s) => limits(s, "x")[1], step: 0.05, digits: 2 },
    { key: "slope", kind: "range", min: 0.05, max: 6, step: 0.05, digits: 2 },
  ];

  /** The next state: a preset sets all knots; a knot moved by hand stays between its neighbours. */
  function reduce(state, change) {
    const next = { ...state, ...change };
    const moved = ["kz", "kx", "slope"].some((key) => key in change);
    if (change.preset in PRESETS) next.knots = PRESETS[change.preset];
    else if (moved) next.preset = "free";
    const k = KNOTS.indexOf(next.knot);
    const { z, x, d } = next.knots;
    const chosen = { kz: z[k], kx: x[k], slope: d[k] };
    for (const key of Object.keys(chosen)) next[key] = snap(change[key] ?? chosen[key]);
    next.kz = snap(clamp(next.kz, ...limits(next, "z")));
    next.kx = snap(clamp(next.kx, ...limits(next, "x")));
    next.slope = clamp(next.slope, 0.05, 6);
    const put = (values, value) => values.map((old, i) => (i === k ? value : old));
    next.knots = { z: put(z, next.kz), x: put(x, next.kx), d: put(d, next.slope) };
    next.z = clamp(next.z, -B, B);
    next.width = clamp(next.width, 280, 720);
    return next;
  }

  const M = NF.htmlMath;

  const strings = {
    es: {
      controls: {
        z: `Punto ${M("z")}`, preset: "Función", knot: "Nudo",
        kz: `${M("z")} del nudo`, kx: `${M("x")} del nudo`, slope: "Pendiente en el nudo",
      },
      options: {
        preset: {
          two: "dos modas", identity: "la identidad", peak: "un pico", skewed: "asimétrica",
          free: "elegida a mano",
        },
        knot: { 1: "el de la izquierda", 2: "el del medio", 3: "el de la derecha" },
      },
      label: (modes) => "Una función creciente por cuatro tramos, con tres nudos que se pueden mover;"
        + ` debajo la densidad gaussiana de z, y al costado la de x, con modas: ${modes}.`,
      caption: "El punto marcado",
      slope: "pendiente",
      note: (modes) => `Modas de ${M("p_X")}: ${modes}. La densidad de ${M("x")} es la de`
        + ` ${M("z")} dividida por la pendiente.`,
      summary: (z, x, slope, px, modes) => `Con z = ${z}, x = ${x}, pendiente ${slope} y densidad ${px};`
        + ` modas: ${modes}.`,
    },
    en: {
      controls: {
        z: `Point ${M("z")}`, preset: "Function", knot: "Knot",
        kz: `${M("z")} of the knot`, kx: `${M("x")} of the knot`, slope: "Slope at the knot",
      },
      options: {
        preset: {
          two: "two modes", identity: "the identity", peak: "a peak", skewed: "skewed",
          free: "chosen by hand",
        },
        knot: { 1: "the left one", 2: "the middle one", 3: "the right one" },
      },
      label: (modes) => "An increasing function in four pieces, with three knots that can be moved;"
        + ` below it the Gaussian density of z, and beside it that of x, with modes: ${modes}.`,
      caption: "The marked point",
      slope: "slope",
      note: (modes) => `Modes of ${M("p_X")}: ${modes}. The density of ${M("x")} is that of`
        + ` ${M("z")} divided by the slope.`,
      summary: (z, x, slope, px, modes) => `With z = ${z}, x = ${x}, slope ${slope} and density ${px};`
        + ` modes: ${modes}.`,
    },
  };

  // ---------------------------------------------------------------- the drawing

  const [LEFT, TOP, BELOW] = [24, 26, 74];

  /** Where things are: the square of the map, and the scales. */
  function layout(width) {
    const size = Math.round(0.64 * (width - LEFT - 24));
    const side = LEFT + size + 16;
    const bottom = TOP + size;
    return {
      size, side, bottom, height: bottom + 20 + BELOW,
      z: NF.scale(-B, B, LEFT, LEFT + size),
      x: NF.scale(-B, B, bottom, TOP),
      below: NF.scale(0, 0.45, bottom + 16 + BELOW, bottom + 24),
    };
  }

  /** The change when a knot is dragged to a place of the drawing. */
  function drag(state, knot, px, py) {
    const at = layout(state.width);
    const unit = at.size / (2 * B);
    return { knot, kz: (px - LEFT) / unit - B, kx: (at.bottom - py) / unit - B };
  }

  const line = (kind, points) => NF.tag("path", { class: kind, d: NF.path(points), fill: "none" });
  const area = (kind, points) => NF.tag("path", { class: kind, d: NF.path(points, true) });

  /** A knot: its tangent, and a handle to drag it by. */
  function knotMarks(state, at, k) {
    const { z, x, d } = state.knots;
    const length = 0.35 / Math.hypot(1, d[k]);
    const tip = (sign) => [at.z(z[k] + sign * length), at.x(x[k] + sign * length * d[k])];
    const place = { cx: at.z(z[k]), cy: at.x(x[k]) };
    const chosen = KNOTS[k] === state.knot;
    return [
      line("nf-axis", [tip(-1), tip(1)]),
      NF.tag("circle", { class: `nf-bar nf-model${chosen ? " nf-on" : ""}`, ...place, r: 5 }),
      NF.tag("circle", { class: "nf-handle", ...place, r: 12, "data-drag": KNOTS[k] }),
    ];
  }

  /** The figure as SVG text. */
  function render(state, words) {
    const at = layout(state.width);
    const m = measure(state);
    const points = curve(state.knots, 160);
    const top = Math.max(0.45, ...points.map((p) => p[2]));
    const across = NF.scale(0, 1.05 * top, at.side, state.width - 6);
    const ticks = [-2, 0, 2].flatMap((v) => [
      line("nf-grid", [[at.z(v), TOP], [at.z(v), at.bottom]]),
      line("nf-grid", [[LEFT, at.x(v)], [LEFT + at.size, at.x(v)]]),
      NF.tag("text", { x: at.z(v), y: at.bottom + 15, class: "nf-tick", "text-anchor": "middle" }, v),
      NF.tag("text", { x: LEFT - 5, y: at.x(v) + 4, class: "nf-tick", "text-anchor": "end" }, v),
    ]);
    const base = points.map(([z]) => [at.z(z), at.below(pdf(z))]);
    const model = points.map(([, x, p]) => [across(p), at.x(x)]);
    const floor = at.below(0);
    const place = [at.z(state.z), at.x(m.x)];
    const name = (x, y, content, kind) =>
      NF.tag("text", { x, y, class: `nf-name ${kind}`, "text-anchor": "start" }, content);
    return NF.tag("svg", {
      xmlns: "http://www.w3.org/2000/svg", class: "nf-svg", role: "img",
      viewBox: `0 0 ${state.width} ${at.height}`, "aria-label": words.label(m.modes),
    },
    ...ticks,
    line("nf-ghost", [[LEFT, at.bottom], [LEFT + at.size, TOP]]),
    area("nf-band nf-base", [[at.z(-B), floor], ...base, [at.z(B), floor]]),
    line("nf-line nf-base", base),
    area("nf-band nf-model", [[at.side, at.x(-B)], ...model, [at.side, at.x(B)]]),
    line("nf-line nf-model", model),
    line("nf-guide", [[place[0], at.below(m.pz)], place, [across(m.px), place[1]]]),
    line("nf-curve", points.map(([z, x]) => [at.z(z), at.x(x)])),
    ...[0, 1, 2].flatMap((k) => knotMarks(state, at, k)),
    NF.tag("circle", { class: "nf-dot", cx: place[0], cy: place[1], r: 4 }),
    name(LEFT + 4, 17, NF.svgMath("x = f(z)"), ""),
    name(at.side, 17, NF.svgMath("p_X(x)"), "nf-model-text"),
    name(at.side, at.bottom + 60, NF.svgMath("p_Z(z)"), "nf-base-text"));
  }

  /** The numbers of the marked point. */
  function readout(state, words) {
    const m = measure(state);
    const N = NF.number;
    const head = [M("z"), M("x = f(z)"), words.slope, M("p_Z(z)"), M("p_X(x)")];
    const cells = [
      N("z", state.z, 2), N("x", m.x), N("slope", m.slope), N("pz", m.pz), N("px", m.px),
    ];
    return `<table class="nf-table"><caption>${words.caption}</caption>
      <thead><tr>${head.map((h) => `<th scope="col">${h}</th>`).join("")}</tr></thead>
      <tbody><tr>${cells.map((c) => `<td>${c}</td>`).join("")}</tr></tbody></table>
      <p class="nf-note">${words.note(N("modes", m.modes, 0))}</p>`;
  }

  /** The same in one sentence. */
  function summary(state, words) {
    const m = measure(state);
    return words.summary(
      state.z.toFixed(2), m.x.toFixed(3), m.slope.toFixed(3), m.px.toFixed(3), m.modes,
    );
  }

  NF.register("spline", {
    initial, strings, controls, reduce, render, readout, summary, drag,
    animate: { key: "z", from: -B, to: B, seconds: 6 },
    model: { forward, inverse, density, curve, modes, measure, presets: () => PRESETS },
  });
})(globalThis.NFInteractive);
