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

  /** The step that holds u, and where in it. */
  function locate(parts, u) {
    const v = Math.max(parts.findIndex(([, high]) => u < high), 0);
    const [low, high] = parts[v];
    return { v, low, high, part: (u - low) / (high - low) };
  }

  /** All boxes: v, P(v), the sides in u, and the interval of [0, 1] that has the same order. */
  function boxes(s) {
    const columns = steps(FIRST);
    return columns.flatMap(([left, right], v1) => steps(second(s, v1)).map(([low, high], v2) => ({
      v: [v1, v2], P: (right - left) * (high - low), sides: [[left, right], [low, high]],
      interval: [left + (right - left) * low, left + (right - left) * high],
    })));
  }

  /** x, v and P(v) of a point u. */
  function forward(s, [u1, u2]) {
    const a = locate(steps(FIRST), u1);
    const b = locate(steps(second(s, a.v)), u2);
    const P = (a.high - a.low) * (b.high - b.low);
    return { x: [(a.v + a.part) / Q, (b.v + b.part) / Q], v: [a.v, b.v], P };
  }

  /** The shortest binary word 0.w that stays in an interval, whatever digits follow. */
  function codeword([low, high]) {
    for (let length = 1; ; length++) {
      const k = Math.ceil(low * 2 ** length);
      if (k + 1 <= high * 2 ** length) return k.toString(2).padStart(length, "0");
    }
  }

  function measure({ s, u }) {
    const all = boxes(s);
    const at = forward(s, u);
    const box = all[Q * at.v[0] + at.v[1]];
    return {
      ...at, box, code: codeword(box.interval), bits: -Math.log2(at.P), density: Q * Q * at.P,
      entropy: all.reduce((sum, { P }) => sum - P * Math.log2(P), 0),
    };
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
      label: (s, v) => "Izquierda: el cuadrado de u, en dieciséis cajas de área P(v). Derecha: el"
        + ` de x, en celdas iguales; dependencia ${s}. El punto está en la caja de v = ${v}.`
        + " Abajo: el intervalo [0, 1] partido en el mismo orden.",
      line: "las mismas cajas, en una recta",
      caption: "Niveles", probability: "área de la caja", density: "densidad",
      mean: "bits en promedio, de 4", code: (n) => `código, ${n} bits`,
      summary: (v, P, bits, density, code) => `Niveles ${v}: probabilidad ${P}, ${bits} bits,`
        + ` densidad ${density}, código ${code}.`,
    },
    en: {
      controls: { s: `Dependence ${NF.htmlMath("s")}` },
      keys: "The square of u: arrows move the point",
      label: (s, v) => "Left: the square of u, cut into sixteen boxes of area P(v). Right: that"
        + ` of x, in equal cells; dependence ${s}. The point is in the box of v = ${v}.`
        + " Below: the interval [0, 1], cut in the same order.",
      line: "the same boxes, on a line",
      caption: "Levels", probability: "area of the box", density: "density",
      mean: "bits on average, of 4", code: (n) => `code, ${n} bits`,
      summary: (v, P, bits, density, code) => `Levels ${v}: probability ${P}, ${bits} bits,`
        + ` density ${density}, code ${code}.`,
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
      "aria-label": words.label(state.s.toFixed(2), now.v.join(", ")),
    },
    ...all.map(({ sides }) =>
      rectangle(before, sides, { class: "nf-box nf-base", "fill-opacity": INK })),
    ...all.map(({ v, P, sides }) => rectangle(after, cell(v), {
      class: "nf-box nf-model", "fill-opacity": INK * Q * Q * P,
      "data-pick": JSON.stringify({ u: sides.map(([a, b]) => (a + b) / 2) }),
    })),
    ...lit(before, now.box.sides, "nf-base", INK),
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
    part(now.box.interval, { class: "nf-box nf-base nf-on", "fill-opacity": INK }),
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
    const { v, P, bits, density, code } = measure(state);
    return words.summary(v.join(", "), P.toFixed(3), bits.toFixed(2), density.toFixed(2), code);
  }

  /** Where the point was dragged. */
  function drag(state, name, px, py) {
    const [{ left, size }] = panels(state.width);
    return { u: [(px - left) / size, (TOP + size - py) / size] };
  }

  NF.register("arithmetic", {
    initial, strings, controls, reduce, render, readout, summary, drag, keys, beside: true,
    animate: { key: "s", from: 0, to: STRONG, seconds: 6 },
    model: { second, boxes, forward, codeword, measure },
  });
})(globalThis.NFInteractive);
