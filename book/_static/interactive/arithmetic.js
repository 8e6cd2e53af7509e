/**
 * Two pixels of four grey levels, v = (v1, v2), as a flow of the unit square. P(v1) is fixed, and
 * P(v2 | v1) ∝ P(v2) e^(−s |v2 − v1|), of the same four numbers: with s = 0 the pixels are
 * independent. One coordinate after the other, v_i is the step of the distribution function that
 * holds u_i, and x_i lies in the cell [v_i, v_i + 1)/Q where u_i lies in the step: boxes of area
 * P(v) go to cells of area 1/Q².
 */
(function (NF) {
  "use strict";

  // ---------------------------------------------------------------- the mathematics

  const FIRST = [0.4, 0.2, 0.15, 0.25]; // P(v1)
  const Q = FIRST.length;
  const STRONG = 2; // the largest s

  /** P(v2 | v1), all v2. */
  function second(s, v1) {
    const weights = FIRST.map((m, v2) => m * Math.exp(-s * Math.abs(v2 - v1)));
    const total = weights.reduce((a, b) => a + b);
    return weights.map((w) => w / total);
  }

  /** The steps [c_{k−1}, c_k] of a distribution function. */
  function steps(p) {
    const ends = p.map((_, k) => p.slice(0, k + 1).reduce((a, b) => a + b));
    ends[p.length - 1] = 1;
    return ends.map((end, k) => [k ? ends[k - 1] : 0, end]);
  }

  /** All boxes: v, P(v), the sides in u, and the interval of [0, 1] that has the same order. */
  function boxes(s) {
    return steps(FIRST).flatMap(([a, b], v1) => steps(second(s, v1)).map(([c, d], v2) => ({
      v: [v1, v2], P: (b - a) * (d - c), sides: [[a, b], [c, d]],
      interval: [a + (b - a) * c, a + (b - a) * d],
    })));
  }

  /** The box of a point u, and x. */
  function forward(s, u) {
    const box = boxes(s).filter(({ sides }) => sides.every(([low], i) => low <= u[i])).pop();
    const x = box.sides.map(([low, high], i) => (box.v[i] + (u[i] - low) / (high - low)) / Q);
    return { ...box, x };
  }

  /** The shortest binary word 0.w that stays in an interval, whatever digits follow. */
  function codeword([low, high]) {
    for (let length = 1; ; length++) {
      const k = Math.ceil(low * 2 ** length);
      if (k + 1 <= high * 2 ** length) return k.toString(2).padStart(length, "0");
    }
  }

  /** What the figure says of the box of its point. */
  function measure({ s, u }) {
    const box = forward(s, u);
    const entropy = boxes(s).reduce((sum, { P }) => sum - P * Math.log2(P), 0);
    const [code, bits, density] = [codeword(box.interval), -Math.log2(box.P), Q * Q * box.P];
    return { ...box, code, bits, density, entropy };
  }

  // ---------------------------------------------------------------- state and words

  const initial = { s: 0.8, u: [0.47, 0.62], width: 460 };
  const controls = [{ key: "s", kind: "range", min: 0, max: STRONG, step: 0.05, digits: 2 }];
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  /** The next state, with u inside the square. */
  function reduce(state, change) {
    const next = { ...state, ...change };
    next.s = clamp(next.s, 0, STRONG);
    next.u = next.u.map((value) => clamp(value, 0.001, 0.999));
    next.width = clamp(next.width, 280, 720);
    return next;
  }

  /** An arrow moves the point by a fiftieth of the square. */
  function keys({ u: [u1, u2] }, key) {
    const [right, up] = {
      ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1],
    }[key] ?? [0, 0];
    return right || up ? { u: [u1 + right / 50, u2 + up / 50] } : undefined;
  }

  const strings = {
    es: {
      controls: { s: `Dependencia ${NF.htmlMath("s")}` },
      keys: "El cuadrado de u: las flechas mueven el punto",
      line: "las mismas cajas, en una recta",
      caption: "Niveles", probability: "área de la caja", density: "densidad",
      mean: "bits en promedio, de 4", code: (n) => `código, ${n} bits`,
      summary: (s, v, P, bits, code) => `Dependencia ${s}. El punto está en la caja de los niveles`
        + ` ${v}: área y probabilidad ${P}, es decir, ${bits} bits; código ${code}.`,
    },
    en: {
      controls: { s: `Dependence ${NF.htmlMath("s")}` },
      keys: "The square of u: arrows move the point",
      line: "the same boxes, on a line",
      caption: "Levels", probability: "area of the box", density: "density",
      mean: "bits on average, of 4", code: (n) => `code, ${n} bits`,
      summary: (s, v, P, bits, code) => `Dependence ${s}. The point is in the box of the levels`
        + ` ${v}: area and probability ${P}, that is, ${bits} bits; code ${code}.`,
    },
  };

  // ---------------------------------------------------------------- the drawing

  const TOP = 28;
  const INK = 0.17; // of a density of 1: the same ink in a box and in its cell

  /** The panel of u and that of x: the square [0, 1]² on the screen. */
  function panels(width) {
    const size = (width - 36) / 2;
    return [2, width - 2 - size].map((left) => ({
      left, size,
      x: NF.scale(0, 1, left, left + size), y: NF.scale(0, 1, TOP + size, TOP),
    }));
  }

  const { line, text } = NF;

  function rectangle(panel, [[left, right], [low, high]], attributes) {
    return NF.tag("rect", {
      x: panel.x(left), y: panel.y(high), width: panel.x(right) - panel.x(left),
      height: panel.y(low) - panel.y(high), ...attributes,
    });
  }

  /** A rectangle with its ink, and a mesh of quarters, which an affine map keeps. */
  function lit(panel, sides, ink, opacity) {
    const [[left, right], [low, high]] = sides;
    const mesh = [0.25, 0.5, 0.75].flatMap((part) => {
      const [x, y] = [panel.x(left + part * (right - left)), panel.y(low + part * (high - low))];
      return [[[x, panel.y(low)], [x, panel.y(high)]], [[panel.x(left), y], [panel.x(right), y]]];
    });
    return [
      rectangle(panel, sides, { class: `nf-box ${ink} nf-on`, "fill-opacity": opacity }),
      ...mesh.map((points) => line("nf-mesh", points)),
    ];
  }

  /** The figure as SVG text. */
  function render(state, words) {
    const [before, after] = panels(state.width);
    const now = measure(state);
    const cell = (v) => v.map((k) => [k / Q, (k + 1) / Q]);
    const all = boxes(state.s);
    const bottom = TOP + before.size;
    const columns = steps(FIRST);
    const ticks = columns.flatMap(([left, right], v) => [
      text(before.x((left + right) / 2), bottom + 16, "middle", v, "nf-tick"),
      text(after.x((v + 0.5) / Q), bottom + 16, "middle", v, "nf-tick"),
      text(after.left - 7, after.y((v + 0.5) / Q) + 4, "end", v, "nf-tick"),
    ]);
    // The line u2 = const, and its image: a piece for each v1
    const [px, py] = state.u;
    const pieces = columns.map(([left], v1) => {
      const height = after.y(forward(state.s, [left, py]).x[1]);
      return [[after.x(v1 / Q), height], [after.x((v1 + 1) / Q), height]];
    });
    const jumps = [1, 2, 3].map((v) => line("nf-ghost", [pieces[v - 1][1], pieces[v][0]]));
    // The interval [0, 1]: the box's own part of it, and that of its code
    const strip = { x: NF.scale(0, 1, before.left, state.width - 2), top: bottom + 46 };
    const part = ([low, high], attributes) => NF.tag("rect", {
      x: strip.x(low), width: strip.x(high) - strip.x(low), y: strip.top, height: 18, ...attributes,
    });
    const low = parseInt(now.code, 2) / 2 ** now.code.length;
    const code = [low, low + 2 ** -now.code.length].map(strip.x);
    const shown = clamp((code[0] + code[1]) / 2, 50, state.width - 50);
    const pixels = now.v.map((v, i) => NF.tag("rect", {
      class: "nf-swatch", x: state.width - 39 + 19 * i, y: 4, width: 18, height: 18,
      "fill-opacity": v / (Q - 1),
    }));
    return NF.tag("svg", {
      xmlns: "http://www.w3.org/2000/svg", class: "nf-svg", role: "img",
      viewBox: `0 0 ${state.width} ${Math.round(strip.top + 48)}`,
      "aria-label": summary(state, words),
    },
    ...all.map(({ sides }) =>
      rectangle(before, sides, { class: "nf-box nf-base", "fill-opacity": INK })),
    ...all.map(({ v, P, sides }) => rectangle(after, cell(v), {
      class: "nf-box nf-model", "fill-opacity": INK * Q * Q * P,
      "data-pick": JSON.stringify({ u: sides.map(([a, b]) => (a + b) / 2) }),
    })),
    ...lit(before, now.sides, "nf-base", INK),
    ...lit(after, cell(now.v), "nf-model", INK * now.density),
    line("nf-curve nf-thin", [[before.x(0), before.y(py)], [before.x(1), before.y(py)]]),
    ...jumps, ...pieces.map((points) => line("nf-curve nf-thin", points)),
    NF.tag("circle", { class: "nf-marked", cx: before.x(px), cy: before.y(py), r: 6 }),
    NF.tag("circle", { class: "nf-marked", cx: after.x(now.x[0]), cy: after.y(now.x[1]), r: 6 }),
    rectangle(before, [[0, 1], [0, 1]], { class: "nf-pad", "data-drag": "u", "data-press": "" }),
    ...ticks, ...pixels,
    text(before.left, 18, "start", NF.svgMath("(u_1, u_2)"), "nf-name nf-base-text"),
    text(after.left, 18, "start", NF.svgMath("(x_1, x_2)"), "nf-name nf-model-text"),
    text(strip.x(0), strip.top - 8, "start", words.line, "nf-tick"),
    ...all.map(({ interval }) => part(interval, { class: "nf-box nf-base", "fill-opacity": INK })),
    part(now.interval, { class: "nf-box nf-base nf-on", "fill-opacity": INK }),
    line("nf-curve", [[code[0], strip.top + 25], [code[1], strip.top + 25]]),
    text(shown, strip.top + 44, "middle", `0.${now.code}₂…`, "nf-tick"));
  }

  /** The numbers of the box. */
  function readout(state, words) {
    const now = measure(state);
    const row = (name, value) => `<tr><th scope="row">${name}</th><td>${value}</td></tr>`;
    const [M, N] = [NF.htmlMath, NF.number];
    const title = `${words.caption} ${M("(v_1, v_2)")} = (${now.v.join(", ")})`;
    return `<table class="nf-table"><caption>${title}</caption><tbody>
      ${row(`${words.probability} ${M("P(v)")}`, N("P", now.P))}
      ${row(`bits −log₂ ${M("P(v)")}`, N("bits", now.bits, 2))}
      ${row(`${words.density} ${M("Q^2P(v)")}`, N("density", now.density, 2))}
      ${row(words.code(now.code.length), now.code)}
      ${row(words.mean, N("entropy", now.entropy, 2))}</tbody></table>`;
  }

  /** The same in one sentence. */
  function summary(state, words) {
    const { v, P, bits, code } = measure(state);
    return words.summary(state.s.toFixed(2), v.join(", "), P.toFixed(3), bits.toFixed(2), code);
  }

  /** Where the point was dragged. */
  function drag(state, name, px, py) {
    const [{ left, size }] = panels(state.width);
    return { u: [(px - left) / size, (TOP + size - py) / size] };
  }

  NF.register("arithmetic", {
    initial, strings, controls, reduce, render, readout, summary, drag, keys, beside: true,
    animate: { key: "s", from: 0, to: STRONG, seconds: 8 },
    model: { second, boxes, forward, codeword, measure },
  });
})(globalThis.NFInteractive);
